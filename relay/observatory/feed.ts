// Shutdowns as an Atom feed: one entry for each revision's last state, the newest first.
import { Feed } from 'feed'
import type { Almanac } from './almanac.ts'
import { eventName } from './figures/asked.ts'
import type { Voice } from './words/voice.ts'

const ENTRIES_MAX = 50

export function atomFeed(almanac: Almanac, voice: Voice, origin: string): string {
  const entries = almanac.records.events.slice(0, ENTRIES_MAX)
  const updated =
    entries
      .map(({ signedAt }) => signedAt)
      .sort()
      .at(-1) ?? almanac.asOf
  const feed = new Feed({
    id: `${origin}/feed.atom`,
    title: `${voice.say('site')}: ${voice.say('eventsTitle')}`,
    description: voice.say('eventsLead'),
    link: `${origin}/shutdowns`,
    language: voice.language,
    copyright: 'CC0-1.0',
    updated: updated === '' ? new Date(0) : new Date(updated),
    generator: 'culvert-relay',
    feedLinks: { atom: `${origin}/feed.atom` },
  })
  for (const event of entries) {
    const marks = [event.isSynthetic && voice.say('synthetic'), event.isWithdrawn && voice.say('eventWithdrawn')]
    feed.addItem({
      id: `${origin}/shutdowns/${event.id}`,
      link: `${origin}/shutdowns/${event.id}`,
      title: xmlText(eventName(event, voice)),
      description: xmlText([...marks, event.note].filter((text) => typeof text === 'string' && text !== '').join(' ')),
      date: new Date(event.signedAt),
      published: new Date(event.startedAt),
    })
  }
  return feed.atom1()
}

/** The library puts text into CDATA: what XML 1.0 can't hold, and the end of that, are taken out. */
function xmlText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 §2.2 leaves out.
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replaceAll(']]>', ']] >')
}
