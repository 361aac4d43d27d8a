// es placeholder while the screens are made.
import { type Catalog, en } from './en.ts'

export const es: Catalog = en
