// zh placeholder while the screens are made.
import { type Catalog, en } from './en.ts'

export const zh: Catalog = en
