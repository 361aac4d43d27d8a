#!/usr/bin/env node
// Starts cli.ts on a Node that runs TypeScript unbuilt: this one where it can, else the one that npm put into node_modules.
// Plain JavaScript, and nothing newer than Node 18, because any Node may be the one that starts it. Its twin starts the relay.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const CLI = new URL('./cli.ts', import.meta.url)
const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
// What Node made of the sources when it read them last: a start takes half the time and a quarter less memory (measured, November 2026). It lies beside
// the sources, since whoever can write there can change what runs; where this user can't, each start reads the sources anew.
const COMPILED = join(ROOT, '.culvert', 'compiled')

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (!existsSync(join(ROOT, 'node_modules'))) {
  fail(`Culvert's libraries are not installed yet. Run this once, then try again:\n  cd '${ROOT}' && npm install`)
} else if (major > 24 || (major === 24 && minor >= 12)) {
  module.enableCompileCache(COMPILED)
  await import(CLI.href)
} else {
  startWith(join(ROOT, 'node_modules', '.bin', 'node'))
}

function startWith(node) {
  if (!existsSync(node)) {
    fail(
      `Culvert needs Node 24.12 or newer; this is ${process.versions.node}. Run this once, then try again:\n  cd '${ROOT}' && npm install --include=dev`,
    )
    return
  }
  const child = spawn(node, [fileURLToPath(CLI), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env },
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    // A terminal sends Ctrl-C and hang-up to both of us; sent on, the child would meet it twice and hurry.
    process.on(signal, () => (signal !== 'SIGTERM' && process.stdin.isTTY) || child.kill(signal))
  }
  child.on('error', () => fail(`Node could not be started from ${node}. Run npm install in ${ROOT} again.`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}
