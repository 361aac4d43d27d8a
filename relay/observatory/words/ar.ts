// The words of this language are those of English until they are translated.
import { en, type Words } from './en.ts'

export const ar: Words = en
