// Runs once, in the page that the one-time link opens: keeps the key where only this port's pages can read it, and leads on to the screens.
import { KEY_NAME } from './http-bridge.ts'

const key = document.querySelector<HTMLMetaElement>('meta[name="culvert-key"]')?.content
if (key !== undefined) localStorage.setItem(KEY_NAME, key)
location.replace('/')
