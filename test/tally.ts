// Counts what a run of vitest did: what passed, what failed, what was left out and whether somebody asked for that, and how long each folder took.
import { dirname } from 'node:path'
import type { TestCase, TestModule, TestRunEndReason } from 'vitest/node'
import type { Reporter } from 'vitest/reporters'
import { LEFT_OUT_PREFIX } from './needs.ts'

interface FolderCount {
  passed: number
  failed: number
  skipped: number
  durationMs: number
}

export class Tally implements Reporter {
  readonly #folders = new Map<string, FolderCount>()
  readonly #complaints: string[] = []
  /** Failures that belong to no folder. */
  #failed = 0

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[], reason: TestRunEndReason): void {
    for (const module of modules) this.#count(module)
    if (unhandledErrors.length > 0) this.#complain(unhandledErrors.length, `${unhandledErrors.length} errors outside any test: see above`)
    if (modules.length === 0) this.#complain(1, 'no test was found')
    if (reason === 'interrupted') this.#complain(1, 'the run was interrupted')
  }

  /** Whether everything that was meant to run has passed. */
  get ok(): boolean {
    return this.#total().failed === 0 && this.#complaints.length === 0
  }

  /** A line for each folder, what is wrong besides failed tests, and last the one line that says it all. */
  summary(): string {
    const rows = [...this.#folders].sort(([a], [b]) => (a < b ? -1 : 1))
    const lines = rows.map(
      ([folder, count]) => `${folder.padEnd(28)} ${(count.durationMs / 1000).toFixed(1).padStart(7)} s  ${words(count)}`,
    )
    return ['', ...lines, ...this.#complaints, words(this.#total())].join('\n')
  }

  #total(): Omit<FolderCount, 'durationMs'> {
    const total = { passed: 0, failed: this.#failed, skipped: 0 }
    for (const count of this.#folders.values()) {
      total.passed += count.passed
      total.failed += count.failed
      total.skipped += count.skipped
    }
    return total
  }

  #count(module: TestModule): void {
    const folder = dirname(module.relativeModuleId)
    const count = this.#folders.get(folder) ?? { passed: 0, failed: 0, skipped: 0, durationMs: 0 }
    this.#folders.set(folder, count)
    count.durationMs += module.diagnostic().duration
    const tests = [...module.children.allTests()]
    const skipped = tests.filter((test) => test.result().state === 'skipped' && !isMark(test))
    count.passed += tests.filter((test) => test.result().state === 'passed').length
    count.failed += tests.filter((test) => test.result().state === 'failed').length
    count.skipped += skipped.length
    // An error outside its tests (an import that fails, a hook) leaves a file with tests that never ran, or with none at all.
    const errors = [...module.children.allSuites()].flatMap((suite) => suite.errors()).length + module.errors().length
    count.failed += errors
    if (skipped.length > 0 && errors === 0 && !tests.some(isMark) && module.ok()) {
      this.#complain(0, `${module.relativeModuleId}: ${skipped.length} skipped, and nobody asked for that`)
    }
  }

  #complain(failed: number, text: string): void {
    this.#failed += failed
    this.#complaints.push(text)
  }
}

/** Marks say why the rest of their file was left out; they are no tests themselves. */
function isMark(test: TestCase): boolean {
  return test.name.startsWith(LEFT_OUT_PREFIX)
}

function words(count: Omit<FolderCount, 'durationMs'>): string {
  return `${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`
}
