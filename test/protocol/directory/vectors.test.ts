// The published vectors of SPEC.md §14, with both cryptos: a case is right when it ends in the stated kind of outcome, not merely in some refusal.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Crypto, decodeNote, firstKnown, isIncluded, type Known, ProtocolError, verifyBundle } from '#protocol'
import { isSignedBy, KeyKind } from '../../../protocol/directory/note.ts'
import type { BundleCase, CheckpointCase, InclusionCase } from '../../vectors/make/directory.ts'
import { CRYPTOS, fromHex } from '../fixtures.ts'

const { keys, cases } = JSON.parse(readFileSync('test/vectors/directory.json', 'utf8')) as {
  readonly keys: { readonly networkId: string }
  readonly cases: readonly (BundleCase | CheckpointCase | InclusionCase)[]
}

function knownOf({ known = {} }: BundleCase): Known {
  const { size, root = '', serials = {} } = known
  return {
    ...firstKnown(fromHex(keys.networkId)),
    ...(size === undefined ? {} : { checkpoint: { size, root: fromHex(root) } }),
    serials: new Map(Object.entries(serials)),
  }
}

function codeOr<T>(read: () => T): T | string {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}

function outcomeOf(crypto: Crypto, one: (typeof cases)[number]): unknown {
  switch (one.reader) {
    case 'bundle':
      return codeOr(() => ({ taken: verifyBundle(crypto, fromHex(one.bundle), knownOf(one), one.nowS).consensus.number }))
    case 'checkpoint': {
      const { name, kind, key } = one.signer
      const keyKind = kind === 'authority' ? KeyKind.ed25519 : KeyKind.cosignature
      const note = codeOr(() => decodeNote(Buffer.from(one.text)))
      return typeof note === 'string' ? note : isSignedBy(crypto, note, name, keyKind, fromHex(key)) ? 'signed' : 'not-signed'
    }
    case 'inclusion':
      return isIncluded(fromHex(one.leaf), one.index, one.size, one.path.map(fromHex), fromHex(one.root)) ? 'included' : 'not-included'
  }
}

describe.each(CRYPTOS)('by $name', ({ crypto }) => {
  test.each(cases)('$reader: $name', (one) => {
    expect(outcomeOf(crypto, one)).toEqual(one.expect === 'taken' ? { taken: (one as BundleCase).number } : one.expect)
  })
})
