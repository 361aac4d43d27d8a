// Lets Node run the pages: it strips types from .ts by itself, but JSX it does not know. docs/decisions/pages-in-tsx.md says why this way.
import { globSync, readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { stop, transform } from 'esbuild'

let compiled: Promise<void> | undefined

/** Compiles every page once, in one go, and serves them to `import` from then on. Whoever imports a .tsx waits for this first. */
export function compilePages(): Promise<void> {
  compiled ??= compile()
  return compiled
}

async function compile(): Promise<void> {
  const paths = globSync('**/*.tsx', { cwd: import.meta.dirname })
  const sources = new Map(await Promise.all(paths.map(async (path) => compilePage(join(import.meta.dirname, path)))))
  await stop()
  registerHooks({
    load: (url, context, next) => {
      const source = sources.get(url)
      return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true }
    },
  })
}

async function compilePage(path: string): Promise<[string, string]> {
  const { code } = await transform(readFileSync(path, 'utf8'), {
    loader: 'tsx',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    format: 'esm',
    target: 'node24',
    sourcefile: path,
    sourcemap: 'inline',
  })
  return [pathToFileURL(path).href, code]
}
