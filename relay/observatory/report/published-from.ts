// What an observatory gives everybody, read into a store in memory: from its address, or from files of it that somebody kept. No store of theirs is needed.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Kysely } from 'kysely'
import { OperatorError } from '../../operator-error.ts'
import { batches, openStore } from '../../store/store.ts'
import { Publication } from '../publication.ts'
import { objectIn } from '../records.ts'
import { type PublishedRow, ROW_TABLES } from '../row-tables.ts'
import { rowOf } from '../rows.ts'
import { siteLimits } from '../site-limits.ts'
import { OBSERVATORY, type ObservatoryTables } from '../tables.ts'

/** `where`: http(s)://… or a folder. Throws OperatorError. */
export async function usingPublished<T>(where: string, work: (publication: Publication) => Promise<T>): Promise<T> {
  const store = await openStore<ObservatoryTables>(':memory:', OBSERVATORY)
  try {
    for await (const [name, zipped] of isAddress(where) ? fetched(where) : kept(where)) await fill(store.db, name, zipped)
    return await work(new Publication(store.db))
  } finally {
    await store.close()
  }
}

function isAddress(where: string): boolean {
  return /^https?:\/\//.test(where)
}

type File = readonly [name: string, zipped: Uint8Array]
const NAME = /^20\d{2}-(?:0[1-9]|1[0-2])\.jsonl\.gz$/

async function* fetched(origin: string): AsyncGenerator<File> {
  const list = `${origin.replace(/\/$/, '')}/api/v1/rows`
  const { rows } = objectIn((await fetchBounded(list)).toString()) ?? {}
  const names = Array.isArray(rows) ? rows.map((address) => String(address).slice('/api/v1/rows/'.length)) : []
  if (names.length === 0 || names.length > siteLimits.rowMonthsMax || !names.every((name) => NAME.test(name)))
    throw new OperatorError(`${list} lists no published rows.`)
  for (const name of names) yield [name, await fetchBounded(`${list}/${name}`)]
}

async function fetchBounded(address: string): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let byteCount = 0
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(siteLimits.rowsMs) })
    if (response.status !== 200) throw new OperatorError(`${address} answers ${response.status}.`)
    for await (const part of response.body ?? []) {
      byteCount += part.length
      if (byteCount > siteLimits.rowsBytesMax) throw new OperatorError(`${address} gives more than any month has.`)
      parts.push(part)
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
    throw new OperatorError(`${address} can’t be fetched (${code ?? (error as Error).name}).`, { cause: error })
  }
  return Buffer.concat(parts)
}

function* kept(folder: string): Generator<File> {
  try {
    const names = readdirSync(folder)
      .filter((name) => NAME.test(name))
      .sort()
    if (names.length === 0) throw new OperatorError(`${folder} holds no published rows: files such as 2026-10.jsonl.gz, of /api/v1/rows.`)
    for (const name of names) {
      const file = join(folder, name)
      if (!statSync(file).isFile() || statSync(file).size > siteLimits.rowsBytesMax)
        throw new OperatorError(`${file} is no file of published rows.`)
      yield [name, readFileSync(file)]
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error
    throw new OperatorError(`${folder} can’t be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error })
  }
}

const unzip = promisify(gunzip)

async function fill(db: Kysely<ObservatoryTables>, name: string, zipped: Uint8Array): Promise<void> {
  const text = await unzip(zipped, { maxOutputLength: siteLimits.rowsBytesMax }).catch((error: unknown) => {
    throw new OperatorError(`${name} is cut off, or not compressed.`, { cause: error })
  })
  const lines = text.toString().split('\n')
  const rows = lines.flatMap((line, index) => {
    const row = rowOf(line)
    if (row === undefined && line !== '') throw new OperatorError(`${name}, line ${index + 1}, is no published row.`)
    return row ?? []
  })
  for (const [kind, { table, columns }] of Object.entries(ROW_TABLES)) {
    const isSigned = 'signed_at' in columns
    const values = rows
      .filter((row) => row.kind === kind)
      .map((row): PublishedRow['values'] => ({ ...row.values, ...(isSigned && { signer: '', signature: '' }) }))
    try {
      // Every column was looked at when the line was read.
      for (const batch of batches(values))
        await db
          .insertInto(table)
          .values(batch as never)
          .execute()
    } catch (error) {
      throw new OperatorError(`${name} says one row twice.`, { cause: error })
    }
  }
}
