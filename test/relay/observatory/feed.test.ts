// The feed as readers of feeds take it: whole by RFC 4287, and what a record says stays text.
import { expect, test } from 'vitest'
import { SiteWorld } from '../../dashboard/site-world.ts'

test('the feed has all that Atom asks for, in the language that it was asked in', async () => {
  const world = await SiteWorld.open(SiteWorld.small())
  const { text } = await world.get('/feed.atom?lang=tr')
  const [head = '', ...entries] = text.split('<entry>')
  expect(head).toContain(`<link rel="self" href="${world.origin}/feed.atom?lang=tr"/>`)
  for (const part of ['<id>', '<title>', '<updated>', '<author>']) expect(head).toContain(part)
  expect(entries.length).toBeGreaterThan(1)
  for (const entry of entries) {
    for (const part of ['<id>', '<title', '<updated>', '<summary']) expect(entry).toContain(part)
    // A reader has no page beside it that this could speak of.
    expect(entry).toContain('Sentetik veri.')
    expect(entry).toContain('<title type="html"><![CDATA[Sentetik veri. ')
    expect(entry).not.toContain('Bu sayfadaki')
  }
  await world.close()
})

test('what a record says is no markup in the feed, where texts are read as HTML', async () => {
  const years = SiteWorld.small()
  const events = years.events.map((event) => ({ ...event, note: '<b onclick=x>& ]]></b>' }))
  const world = await SiteWorld.open({ ...years, events })
  const { text } = await world.get('/feed.atom')
  expect(text).toContain('&lt;b onclick=x&gt;&amp; ]]&gt;&lt;/b&gt;]]></summary>')
  expect(text).not.toContain('<b onclick')
  await world.close()
})
