// The style sheet of every page: one column to read, calm, for light and dark, phones, right-to-left scripts and paper.
import { PALETTE, type Palette } from '../charts/palette.ts'

const VARIABLES = (palette: Palette): string =>
  Object.entries(palette)
    .flatMap(([name, value]) =>
      typeof value === 'string' ? [`--${name}:${value}`] : (value as readonly string[]).map((color, index) => `--${name}${index}:${color}`),
    )
    .join(';')

const BASE = `
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI",Roboto,"Noto Sans","Noto Sans Arabic","Noto Sans Myanmar","Noto Sans CJK SC",sans-serif;font-variant-numeric:tabular-nums lining-nums}
:lang(my) body,:lang(my){line-height:1.85}
a{color:var(--link);text-underline-offset:.15em;text-decoration-thickness:1px}
a:focus-visible,summary:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,.scroll:focus-visible{outline:3px solid var(--series0);outline-offset:2px;border-radius:3px}
h1,h2,h3{line-height:1.25;font-weight:640;letter-spacing:-.01em;text-wrap:balance}
:lang(fa) :is(h1,h2,h3),:lang(ar) :is(h1,h2,h3),:lang(my) :is(h1,h2,h3){letter-spacing:0;line-height:1.6}
h1{font-size:1.9rem;margin:.4rem 0 .6rem}
h2{font-size:1.3rem;margin:0 0 .35rem}
h3{font-size:1.05rem;margin:0 0 .3rem}
p{margin:.35rem 0 .8rem;max-width:74ch}
code,pre{font:.88em/1.5 ui-monospace,"DejaVu Sans Mono","Noto Sans Mono",monospace;overflow-wrap:anywhere;direction:ltr;unicode-bidi:isolate}
pre{background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.7rem .9rem;white-space:pre-wrap}
.quiet,.note{color:var(--quiet)}
.note{font-size:.86rem}
.lead{font-size:1.12rem;color:var(--quiet);margin-block:1.1rem 1.2rem}
.sentence{font-size:1.02rem}
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;inset-inline-start:-999rem}
.skip:focus{inset-inline-start:1rem;top:.5rem;background:var(--card);padding:.4rem .8rem;z-index:3}
.top{border-bottom:1px solid var(--rule);background:var(--card)}
.bar,main{max-width:70rem;margin-inline:auto;padding-inline:1.25rem}
.top .bar:first-child{display:flex;align-items:center;justify-content:space-between;padding-block:.75rem .2rem}
.brand{font-weight:680;color:var(--ink);text-decoration:none;display:inline-flex;gap:.55rem;align-items:center;font-size:1.05rem}
.logo{fill:none;stroke:var(--series0);stroke-width:2.4;stroke-linecap:round}
nav ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.1rem 1.25rem}
nav a{display:inline-block;padding:.45rem 0 .5rem;text-decoration:none;color:var(--quiet);border-bottom:3px solid transparent;font-size:.95rem}
nav a:hover{color:var(--ink)}
nav a[aria-current]{color:var(--ink);border-color:var(--series0)}
.languages{position:relative;font-size:.92rem}
.languages summary{cursor:pointer;padding:.35rem .1rem}
.languages ul{position:absolute;inset-inline-end:0;z-index:2;background:var(--card);border:1px solid var(--rule);border-radius:6px;list-style:none;margin:0;padding:.4rem 0;box-shadow:0 6px 24px rgb(0 0 0/.14);min-width:11rem}
.languages li a{display:block;padding:.35rem 1rem;text-decoration:none;text-align:start}
.synthetic{background:#7a3d00;color:#fff;margin:0;padding:.55rem 1.25rem;text-align:center;max-width:none;font-size:.93rem}
main{padding-block:.5rem 3rem}
main>section,main>.figure{margin-block:2.6rem;scroll-margin-top:1rem}
.key{display:grid;grid-template-columns:repeat(4,1fr);gap:1rem;margin-block:0 1rem!important}
.key .wide{grid-column:span 2}
.card{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:1rem 1.15rem}
.card h2{font-size:.95rem;font-weight:560;color:var(--quiet);letter-spacing:0}
.card h2:not(:first-child){margin-top:1.1rem}
.card .sentence{font-size:.95rem;margin-bottom:.4rem}
.big{font-size:2.7rem;line-height:1.15;font-weight:640;margin:.1rem 0 .4rem;letter-spacing:-.02em}
:lang(my) .big,:lang(fa) .big,:lang(ar) .big{letter-spacing:0;line-height:1.5}
.range p{display:flex;justify-content:space-between;margin:.1rem 0 .6rem;font-size:.9rem;color:var(--quiet);max-width:none}
.range b{color:var(--ink)}
dl{margin:.3rem 0;font-size:.92rem}
dl div{display:flex;justify-content:space-between;gap:1rem;border-top:1px solid var(--rule);padding:.3rem 0}
dt{color:var(--quiet)}.costs dd>*{display:block;white-space:nowrap}.costs .quiet{font-size:.82rem}dd{margin:0;text-align:end}
.facts{max-width:34rem}
.state{font-size:.82rem;font-weight:600}
.state::before{content:"";display:inline-block;width:.62em;height:.62em;border-radius:50%;background:currentColor;margin-inline-end:.4em}
.state.watch::before{border-radius:0;transform:rotate(45deg) scale(.9)}
.state.poor::before{border-radius:0}
.good{color:var(--good)}.watch{color:var(--watch)}.poor{color:var(--poor)}
.card .state{font-size:1rem}
.live{border:2px dashed var(--quiet);border-radius:8px;padding:.8rem 1.15rem;margin-block:0 1rem!important}
.live h2{font-size:1rem}
.live dl{display:flex;flex-wrap:wrap;gap:.2rem 2.4rem;margin:.4rem 0}
.live dt{color:var(--quiet);font-size:.9rem}
.live dd{margin:0;font-size:1.5rem;font-weight:640;font-variant-numeric:tabular-nums}
.quality{border:1px solid var(--rule);border-radius:8px;padding:.8rem 1.15rem;background:var(--card);margin-block:0 2.2rem!important}
.quality h2{font-size:.95rem;font-weight:560;color:var(--quiet);letter-spacing:0}
.quality ul{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(8.2rem,1fr));gap:.6rem 1.2rem}
.quality li{display:flex;flex-direction:column;font-size:.92rem;line-height:1.4}
.quality li .quiet{font-size:.8rem}
.quality li b{margin-top:auto}
.figure{margin-inline:0}
.figure h2{margin-top:0}
.chart{display:block;overflow:visible;margin-block:.3rem}
.map{width:100%;height:auto;display:block}
.chart text{fill:var(--ink);font-size:13px}
.chart .tick{fill:var(--quiet);font-size:12px;paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.cut{fill:var(--quiet)}.rule{stroke:var(--rule)}.ground{stroke:var(--quiet)}
.shade{fill:var(--shade);fill-opacity:.16}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.band{fill-opacity:.18}.bar{fill-opacity:.38}
.legend{list-style:none;padding:0;margin:.2rem 0;display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;font-size:.9rem}
.cursor{stroke:var(--quiet);stroke-dasharray:3 3}
.reading{min-height:1.5em;line-height:1.5;font-size:.88rem;color:var(--quiet);margin:0}
details>summary{cursor:pointer;color:var(--link);font-size:.92rem;width:fit-content}
.take{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.86rem;align-items:baseline;border-top:1px solid var(--rule);margin-top:.5rem;padding-top:.4rem}
.embed[open]{flex-basis:100%}
.scroll{--edge:color-mix(in srgb,var(--ink) 26%,transparent);overflow-x:auto;margin-block:.5rem;background:linear-gradient(to right,var(--paper) 40%,transparent) left/2.2rem 100% no-repeat local,linear-gradient(to left,var(--paper) 40%,transparent) right/2.2rem 100% no-repeat local,linear-gradient(to right,var(--edge),transparent) left/.8rem 100% no-repeat,linear-gradient(to left,var(--edge),transparent) right/.8rem 100% no-repeat}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:start}
th,td{padding-block:.38rem;text-align:start;border-bottom:1px solid var(--rule);vertical-align:top;font-weight:400}
thead th{color:var(--quiet);font-size:.82rem;border-bottom:1px solid var(--quiet);vertical-align:bottom}
.n,.nums :is(td,th+th){text-align:end;white-space:nowrap}
th,td{padding-inline:0 .7rem}.n+:not(.n){padding-inline-start:1.2rem}
thead .n,.nums thead th+th{white-space:normal}
.ranked .drawn{width:34%;min-width:8rem;padding-inline:.6rem}
[dir=rtl] .ranked .drawn svg{transform:scaleX(-1)}
.ranked td,.ranked th{vertical-align:middle}
.grid thead .n{text-align:center}.grid td{text-align:center;border:2px solid var(--paper);padding:.38rem}
.grid small{display:block;font-size:.78em;line-height:1.2}
.grid td.unknown{color:var(--quiet);background:var(--none)}
.grid td.heat4,.grid td.heat5{color:var(--paper)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.6rem 2.4rem}
.asked{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:end;margin-block:1rem 1.6rem}
.asked label{display:flex;flex-direction:column;font-size:.85rem;color:var(--quiet)}
input,select,button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--quiet);border-radius:5px;padding:.32rem .55rem;min-height:2.3rem}
button{background:var(--link);color:var(--paper);border-color:var(--link);cursor:pointer;padding-inline:1rem}
.more::after{content:" →"}[dir=rtl] .more::after{content:" ←"}
.events,.log{padding-inline-start:1.1rem}.events li,.log li{margin-block:.4rem}
.hash{font-size:.8rem}
footer{border-top:1px solid var(--rule);font-size:.86rem;padding-block:1rem 2rem}
footer p{margin:.3rem 0}
.embedded main{padding-block:.6rem}.embedded .figure{margin-block:0}
@media (max-width:56rem){.key{grid-template-columns:1fr 1fr}}
@media (max-width:36rem){.key{grid-template-columns:1fr}.key .wide{grid-column:auto}.bar,main{padding-inline:1rem}h1{font-size:1.55rem}nav ul{flex-wrap:nowrap;overflow-x:auto;padding-bottom:.2rem}nav li{white-space:nowrap}.ranked .drawn{display:none}.ledger{min-width:36rem}.quality ul{grid-template-columns:1fr 1fr}.languages .quiet,.between{display:none}}
@page{margin:14mm 13mm}
@media print{.grid td,.state::before,svg,.map{-webkit-print-color-adjust:exact;print-color-adjust:exact}.top nav,.languages,.take,.asked,.skip,.more,.onward,details:not([open]){display:none!important}
body{background:#fff;font-size:10.5pt}main{padding-bottom:1rem}a{color:inherit}main>section,main>.figure{margin-block:1.2rem}.synthetic{border:1px solid;color:#7a3d00;background:none}.scroll{overflow:visible;background:none}th,td{padding-block:.16rem}
.figure,.card,.quality,.verify,tr,footer{break-inside:avoid}.sentence{break-inside:avoid}h1,h2,h3,figcaption,.sentence,thead,tbody tr:first-child,tbody tr:nth-last-child(2){break-after:avoid}.note,footer{break-before:avoid}}
`

/** Colours of series and heat, which charts and tables share. */
const COLORS = [
  ...[0, 1, 2, 3].map((n) => `.line.s${n}{stroke:var(--series${n})}:is(.band,.bar,.mark,.key).s${n}{fill:var(--series${n})}`),
  ...[0, 1, 2, 3, 4, 5].map((n) => `.heat${n}{background:var(--heat${n});fill:var(--heat${n})}`),
].join('\n')

export const STYLE: string = [
  `:root{${VARIABLES(PALETTE.light)}}`,
  `@media (prefers-color-scheme:dark){:root{${VARIABLES(PALETTE.dark)}}}`,
  `@media print{:root{${VARIABLES(PALETTE.light)}}}`,
  BASE,
  COLORS,
].join('\n')

export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#0a6b7c"/><path d="M4 25v-4a12 12 0 0 1 24 0v4M10 25v-4a6 6 0 0 1 12 0v4" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/></svg>'
