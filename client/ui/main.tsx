// Where the screens begin: on the shell's bridge in the desktop app, on one over HTTP in a browser.
import { render } from 'preact'
import { BRIDGE_NAME, type Bridge } from '../contract/bridge.ts'
import { App } from './app.tsx'
import { createHttpBridge } from './http-bridge.ts'

const ofShell = (globalThis as { readonly [BRIDGE_NAME]?: Bridge })[BRIDGE_NAME]
const root = document.querySelector('#root')
if (root !== null) render(<App openBridge={(onLost) => ofShell ?? createHttpBridge(onLost)} />, root)
