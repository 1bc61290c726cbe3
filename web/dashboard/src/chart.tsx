import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import { clock } from './format.ts'
import { SPAN, type Column, type Model } from './model.ts'

export interface Line {
  column: Column
  label: string
  /** A custom property of the style sheet. */
  color: string
}

interface Props {
  title: string
  lines: readonly Line[]
  model: Model
  /** Changes with the data. */
  version: number
  format: (v: number | null | undefined) => string
  /** Single points are seen as well: values are rare. */
  dots?: boolean
}

const HEIGHT = 190

/** The least that a chart spans, in seconds. */
const LEAST = 60

/** Lines over the last ten minutes. What it shows is also in the table and, at this moment, in its label. */
export function Chart({ title, lines, model, version, format, dots }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const dark = useDark()

  useEffect(() => {
    const style = getComputedStyle(document.documentElement)
    const color = (name: string) => style.getPropertyValue(name).trim()
    const axis = { stroke: color('--muted'), grid: { stroke: color('--grid'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' }
    const own = new uPlot(
      {
        width: box.current!.clientWidth,
        height: HEIGHT,
        padding: [8, 28, 0, 0], // room for half of the last label
        cursor: { y: false, points: { size: 7 } },
        legend: { show: false },
        scales: {
          // A hub that has just started fills the chart from its first minute on.
          x: { time: true, range: (_, min, max) => [Math.max(max - SPAN, Math.min(min, max - LEAST)), max] },
          y: { range: (_, _min, max) => [0, Math.max(max * 1.15, dots ? 0.1 : 4)] },
        },
        axes: [
          { ...axis, size: 28, space: 60, incrs: [15, 30, 60, 120, 300], values: (_, ticks) => ticks.map((t) => (t % 60 ? clock(t) : clock(t).slice(0, 5))) },
          { ...axis, size: 64, space: 34, values: (_, ticks) => ticks.map((t) => (t === 0 ? '0' : format(t))) },
        ],
        series: [
          {},
          ...lines.map((l) => ({
            label: l.label, stroke: color(l.color), width: 1.75,
            points: { show: dots === true, size: 3, fill: color(l.color) },
          })),
        ],
      },
      model.data(...lines.map((l) => l.column)) as uPlot.AlignedData,
      box.current!,
    )
    plot.current = own
    const resized = new ResizeObserver(() => own.setSize({ width: box.current!.clientWidth, height: HEIGHT }))
    resized.observe(box.current!)
    return () => {
      resized.disconnect()
      own.destroy()
      plot.current = null
    }
  }, [dark, model, lines, format, dots])

  useEffect(() => {
    plot.current?.setData(model.data(...lines.map((l) => l.column)) as uPlot.AlignedData)
  }, [version, model, lines])

  const now = lines.map((l) => ({ ...l, text: format(model.columns[l.column].at(-1)) }))
  return (
    <figure className="card chart stale">
      <figcaption>
        <h2>{title}</h2>
        <ul className="legend">
          {now.map((l) => (
            <li key={l.column}>
              <span className="swatch" data-color={l.color.slice(2)} aria-hidden="true" />
              {l.label} <b>{l.text}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={box} className="plot" role="img" aria-label={`${title} over ten minutes; now ${now.map((l) => `${l.label} ${l.text}`).join(', ')}. All figures are in the table below.`} />
    </figure>
  )
}

function useDark(): boolean {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches)
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)')
    const changed = () => setDark(query.matches)
    query.addEventListener('change', changed)
    return () => query.removeEventListener('change', changed)
  }, [])
  return dark
}
