// The report as Prometheus metrics, with the same rounding: what a scrape every few seconds shows is no finer than the page.
import { Gauge, Registry } from 'prom-client'
import type { Report } from './report.ts'

const STATES = ['serving', 'idle', 'resting', 'failing'] as const

export async function metricsOf(report: Report): Promise<{ readonly type: string; readonly text: string }> {
  const registry = new Registry()
  const gauge = (name: string, help: string, value: number, labels: Readonly<Record<string, string>> = {}): void => {
    const known = registry.getSingleMetric(`culvert_relay_${name}`) as Gauge | undefined
    const one = known ?? new Gauge({ name: `culvert_relay_${name}`, help, labelNames: Object.keys(labels), registers: [registry] })
    one.set(labels, value)
  }
  const { health, now, sums, month, certificate } = report
  for (const state of STATES) gauge('state', '1 for the state that the relay is in.', state === health.state ? 1 : 0, { state })
  gauge('warnings', 'Things to look at.', health.warnings.length)
  gauge('info', 'The version, as a label.', 1, { version: report.version })
  gauge('workers', 'Processes that serve.', report.workers)
  gauge('sessions', 'Sessions now, rounded up to a multiple of 8.', now.sessions)
  gauge('streams', 'Streams now, rounded up to a multiple of 8.', now.streams)
  gauge('sessions_sum', 'Sessions since the start, rounded up to a multiple of 8.', sums.sessions)
  gauge('streams_sum', 'Streams since the start, rounded up to a multiple of 8.', sums.streams)
  const bytes = 'Bytes since the start, rounded up to a multiple of 64 MiB.'
  gauge('bytes_sum', bytes, sums.upBytes, { direction: 'up' })
  gauge('bytes_sum', bytes, sums.downBytes, { direction: 'down' })
  const dials = 'Dials since the start that came to nothing, rounded up to a multiple of 8.'
  gauge('dials_sum', dials, sums.dialsFailed, { outcome: 'failed' })
  gauge('dials_sum', dials, sums.dialsRefused, { outcome: 'refused' })
  gauge('month_bytes', 'Bytes of this month, where a cap is set.', month.bytes)
  if (month.capBytes !== undefined) gauge('month_cap_bytes', 'The cap for a month.', month.capBytes)
  if (certificate.daysLeft !== undefined) gauge('certificate_days', 'Days until the certificate ends.', certificate.daysLeft)
  gauge('memory_bytes', 'Memory of all processes.', report.memoryBytes)
  return { type: registry.contentType, text: await registry.metrics() }
}
