// One of the threads among which years are shared: takes the number of a cell and a seed, gives back the year.
import { parentPort } from 'node:worker_threads'
import { type Cell, cells, runCell } from './plan.ts'

const all = cells()
parentPort?.on('message', ({ cell, seed }: { readonly cell: number; readonly seed: number }) => {
  parentPort?.postMessage({ cell, seed, year: runCell(all[cell] as Cell, seed) })
})
