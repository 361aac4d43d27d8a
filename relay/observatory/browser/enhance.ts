// What a script adds, where there is one: where the pointer is on a chart, the numbers of that day; in a demonstration, its traffic as it happens. Pages are whole without it.
const CURSOR_NAMESPACE = 'http://www.w3.org/2000/svg'

for (const figure of document.querySelectorAll('.figure')) follow(figure)
for (const strip of document.querySelectorAll('section[data-live]')) refresh(strip, strip.getAttribute('data-live') ?? '')

/** Of a demonstration: asks again and again while somebody looks. */
function refresh(strip: Element, address: string): void {
  setInterval(async () => {
    if (document.hidden) return
    const words = (await fetch(address)
      .then((answer) => answer.json())
      .catch(() => ({}))) as Readonly<Record<string, string>>
    for (const [name, word] of Object.entries(words)) {
      const place = strip.querySelector(`[data-live="${name}"]`)
      if (place !== null) place.textContent = word
    }
  }, 1_000)
}

/** The table of a figure has a row for each point that is drawn, so the row is read out and nothing else has to be sent. */
function follow(figure: Element): void {
  const chart = figure.querySelector('svg.chart')
  const path = chart?.querySelector('path.line')
  const rows = [...figure.querySelectorAll('details table tbody tr')]
  if (!(chart instanceof SVGSVGElement) || path === undefined || path === null || rows.length < 2) return
  const heads = [...figure.querySelectorAll('details table thead th')].map((head) => head.textContent ?? '')
  const reading = document.createElement('p')
  reading.className = 'reading'
  chart.after(reading)
  const cursor = document.createElementNS(CURSOR_NAMESPACE, 'line')
  cursor.setAttribute('class', 'cursor')
  cursor.setAttribute('y1', '0')
  cursor.setAttribute('y2', '220')
  chart.addEventListener('pointermove', (event) => {
    const box = chart.getBoundingClientRect()
    const share = Math.min(0.9999, Math.max(0, (event.clientX - box.left) / box.width))
    const row = rows[Math.floor(share * rows.length)]
    const cells = [...(row?.children ?? [])].map((cell) => cell.textContent ?? '')
    reading.textContent = cells.map((cell, index) => (index === 0 ? cell : `${heads[index] ?? ''} ${cell}`)).join(' · ')
    const x = `${Math.round(((Math.floor(share * rows.length) + 0.5) / rows.length) * 1000) / 10}%`
    cursor.setAttribute('x1', x)
    cursor.setAttribute('x2', x)
    if (cursor.parentNode === null) chart.append(cursor)
  })
  chart.addEventListener('pointerleave', () => {
    cursor.remove()
    reading.textContent = ''
  })
}
