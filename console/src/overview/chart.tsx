import { BarChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'
import { number, t } from '../text.ts'
import type { Bucket } from './series.ts'

use([BarChart, GridComponent, TooltipComponent, SVGRenderer])

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

const PARTS = [
  ['accepted', 'outcome.accepted', '--accent'],
  ['waiting', 'outcome.open', '--review'],
  ['rejected', 'outcome.rejected', '--bad'],
] as const

/** Leads over time, by what became of them. A bar opens the leads in it. */
export const LeadsChart = (props: {
  readonly buckets: readonly Bucket[]
  readonly scheme: string
  readonly label: (at: number) => string
  readonly onOpen: (bucket: Bucket) => void
}) => {
  const { buckets, scheme, label, onOpen } = props
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<ReturnType<typeof init> | null>(null)
  const open = useRef(onOpen)
  open.current = onOpen
  const shown = useRef(buckets)
  shown.current = buckets

  useEffect(() => {
    if (box.current === null) return
    const made = init(box.current, undefined, { renderer: 'svg' })
    chart.current = made
    made.getZr().on('click', ({ offsetX, offsetY }) => {
      const [index] = made.convertFromPixel({ gridIndex: 0 }, [offsetX, offsetY])
      const bucket = shown.current[Math.round(index ?? -1)]
      if (bucket !== undefined) open.current(bucket)
    })
    const observer = new ResizeObserver(() => made.resize())
    observer.observe(box.current)
    return () => {
      observer.disconnect()
      made.dispose()
      chart.current = null
    }
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read anew when the scheme changes
  useEffect(() => {
    const values = (part: (typeof PARTS)[number][0]): number[] =>
      buckets.map((bucket) =>
        part === 'accepted'
          ? bucket.accepted
          : part === 'rejected'
            ? bucket.rejected + bucket.failed
            : bucket.leads - bucket.accepted - bucket.rejected - bucket.failed,
      )
    chart.current?.setOption({
      animation: false,
      grid: { left: 8, right: 8, top: 12, bottom: 4, containLabel: true },
      tooltip: {
        trigger: 'axis',
        axisPointer: { type: 'shadow', shadowStyle: { color: colour('--quiet-wash'), opacity: 0.6 } },
        backgroundColor: colour('--surface'),
        borderColor: colour('--line-strong'),
        textStyle: { color: colour('--ink'), fontSize: 12, fontFamily: 'Inter' },
        valueFormatter: (value: unknown) => number(Number(value)),
      },
      xAxis: {
        type: 'category',
        data: buckets.map(({ at }) => label(at)),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: colour('--line-strong') } },
        axisLabel: { color: colour('--faint'), fontSize: 11, fontFamily: 'Inter', hideOverlap: true },
      },
      yAxis: {
        type: 'value',
        minInterval: 1,
        splitLine: { lineStyle: { color: colour('--line') } },
        axisLabel: { color: colour('--faint'), fontSize: 11, fontFamily: 'Inter' },
      },
      series: PARTS.map(([part, text, tone]) => ({
        type: 'bar',
        name: t(text),
        stack: 'leads',
        data: values(part),
        color: colour(tone),
        barCategoryGap: '28%',
        cursor: 'pointer',
        itemStyle: { opacity: part === 'accepted' ? 1 : 0.85 },
      })),
    })
  }, [buckets, scheme, label])

  return <div ref={box} className="chart" role="img" aria-label={t('overview.chart')} />
}
