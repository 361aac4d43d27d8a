// Shutdowns as an Atom feed: one entry for each revision's last state, the newest first.
import { Feed } from 'feed'
import type { Almanac } from './almanac.ts'
import { eventName } from './figures/asked.ts'
import { syntheticMark, type Voice } from './words/voice.ts'

const ENTRIES_MAX = 50

/** `self`: the address that it was asked by, with its language. */
export function atomFeed(almanac: Almanac, voice: Voice, origin: string, self: string): string {
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
    // RFC 4287 §4.1.1 asks for one, of the feed or of every entry.
    author: { name: voice.say('site') },
    feedLinks: { atom: self },
  })
  for (const event of entries) {
    const marks = [event.isSynthetic && syntheticMark(voice), event.isWithdrawn && voice.say('eventWithdrawn')].filter(
      (mark) => mark !== false,
    )
    feed.addItem({
      id: `${origin}/shutdowns/${event.id}`,
      link: `${origin}/shutdowns/${event.id}`,
      // Where many feeds are read there are titles alone.
      title: markup([...marks, eventName(event, voice)].join(' ')),
      description: markup([...marks, event.note].filter((text) => text !== '').join(' ')),
      date: new Date(event.signedAt),
      published: new Date(event.startedAt),
    })
  }
  return feed.atom1()
}

/** The library says of a text that it is HTML and puts it into CDATA: so that it is read as it stands, and what XML 1.0 can't hold is taken out. */
function markup(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 §2.2 leaves out.
  const kept = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
  return kept.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
