// “Verify this”: how anyone computes a report again.
import type { VNode } from 'preact'
import { reportFiles } from '../report/names.ts'
import { linkTo, type View } from './view.ts'

export function VerifyNote({ view }: { view: View }): VNode {
  const { voice, site } = view
  const [newest] = site.reports
  const report = newest === undefined ? 'REPORT.json' : reportFiles(newest.month, newest.language).manifest
  const key = site.reportKey === undefined ? '' : ` --key ${site.reportKey}`
  return (
    <section class="verify" id="verify">
      <h2>{voice.say('verifyTitle')}</h2>
      <p>{voice.say('verifyLead')}</p>
      <pre>
        <code>{`culvert-relay observatory verify ${report} --published ${view.origin}${key}`}</code>
      </pre>
      {site.reportKey === undefined ? (
        <p class="quiet">{voice.say('verifyNoKey')}</p>
      ) : (
        <p>
          {voice.say('verifyKey')}: <code>{site.reportKey}</code>
        </p>
      )}
      <p>
        <a class="more" href={linkTo(view, '/reports')}>
          {voice.say('reportsTitle')}
        </a>{' '}
        ·{' '}
        <a class="more" href="/api/v1/rows">
          {voice.say('verifyRows')}
        </a>
      </p>
    </section>
  )
}
