// Limits of the public pages: what one visitor may ask for, and what is kept to answer the next one. Each with its reason.
export const siteLimits = {
  /** Days that a chart shows where nobody asked otherwise: a season. */
  daysShown: 90,
  /** Of one chart or file: ten years. */
  daysMax: 3660,
  /** Of an address with its query; longer than any of ours, shorter than what servers before us refuse. */
  addressBytesMax: 2048,
  /** Rows of one answer of the API; more comes by asking for fewer days. */
  rowsMax: 20_000,
  /** Answers kept to be given again, and their size in all: a page is some 60 KB. */
  keptMax: 2000,
  keptBytesMax: 67_108_864,
  /** PNG takes a processor for up to a second, so few at once, and few that wait. */
  drawnAtOnceMax: 2,
  drawnWaitingMax: 32,
  /** Requests that one network (IPv4 /24, IPv6 /48) may make in a window, and networks that are remembered. */
  requestsMax: 300,
  windowMs: 60_000,
  networksMax: 20_000,
  /** How often it is looked whether anything was published. */
  refreshMs: 60_000,
  /** Sockets at once: beyond, the one that came first makes way, such as who reads an answer slowly to hold it in memory. */
  socketsMax: 1024,
  /** How long an unfinished request is waited for, and how long an idle socket. */
  headersMs: 10_000,
  requestMs: 30_000,
  /** What is being answered when it ends may take so long. */
  lastAnswersMs: 2_000,
  /** Rendering of a report by Chromium. */
  pdfMs: 60_000,
  /** A report's parts, when they are read to be verified. */
  reportBytesMax: 67_108_864,
  /** Files of published rows that are read to be compared: a century, each larger than a month of all countries (plain) by ten, within a minute. */
  rowMonthsMax: 1_200,
  rowsBytesMax: 134_217_728,
  rowsMs: 60_000,
  /** Letters of one sentence about it: two rows that differ, and what each would be. */
  verdictMax: 800,
  /** Addresses that events are posted to, and how long each may take, how often it is tried, and what is read of its answer. */
  hooksMax: 100,
  hookMs: 10_000,
  /** From a minute on, each wait twice the one before: eight hours in all. */
  hookTriesMax: 10,
  hookRetryMs: 60_000,
  /** Posts that wait for one address; of more than that the newest are given up. */
  hookWaitingMax: 500,
}
export type SiteLimits = Readonly<typeof siteLimits>
