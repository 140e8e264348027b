import { IconChevronRight } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { duration, t } from '../text.ts'
import { fullTime } from '../time.ts'
import { Exchange } from './exchange.tsx'
import { Saw } from './saw.tsx'
import { decisive, type Moment } from './story.ts'
import { type Bar, waterfallOf } from './waterfall.ts'

/** Under this share of the whole a bar could not be seen. */
const BAR_MIN = 0.8

const MomentRow = (props: {
  readonly leadId: string
  readonly moment: Moment
  readonly bar: Bar
  readonly isOpen: boolean
  readonly onToggle: () => void
}) => {
  const { leadId, moment, bar, isOpen, onToggle } = props
  const left = Math.min(bar.left * 100, 100 - BAR_MIN)
  const width = Math.max(BAR_MIN, Math.min(bar.width * 100, 100 - left))
  return (
    <li className="moment" data-tone={moment.tone}>
      {bar.waitedMs > 0 && <p className="moment-wait">{t('story.idle', { time: duration(bar.waitedMs) })}</p>}
      <button type="button" className="moment-head" aria-expanded={isOpen} onClick={onToggle}>
        <span className="moment-dot" aria-hidden="true" />
        <span className="moment-title">
          {moment.title}
          {moment.step !== null && <span className="faint"> {moment.step}</span>}
        </span>
        <span className="moment-result clip">{moment.result}</span>
        <span className="moment-bar" aria-hidden="true">
          <i style={{ left: `${left}%`, width: `${width}%` }} />
        </span>
        <span className="moment-time num" title={fullTime(moment.at)}>
          {moment.startMs === 0 ? t('story.at_once') : `+${duration(moment.startMs)}`}
        </span>
        <IconChevronRight size={15} aria-hidden className="moment-turn" />
      </button>
      {isOpen && (
        <div className="moment-body">
          <p>
            {moment.result}
            {moment.tookMs > 0 && (
              <span className="faint"> · {t('story.took', { time: duration(moment.tookMs) })}</span>
            )}
          </p>
          {moment.rule !== null && (
            <p>
              <span className="faint">{t('story.rule')}</span> <code>{moment.rule}</code>
            </p>
          )}
          {moment.saw !== null && (
            <p>
              <span className="faint">{t('story.saw')}</span> <Saw saw={moment.saw} rule={moment.rule} />
            </p>
          )}
          {moment.exchange !== null && <Exchange leadId={leadId} event={moment.exchange} />}
          <details>
            <summary>{t('story.events', { types: moment.events.map(({ type }) => type).join(', ') })}</summary>
            <pre className="code">
              {JSON.stringify(
                moment.events.map(({ type, data }) => ({ type, data })),
                null,
                2,
              )}
            </pre>
          </details>
        </div>
      )}
    </li>
  )
}

const NO_BAR: Bar = { left: 0, width: 0, waitedMs: 0 }

/** What happened, in order; each line opens to what it rested on. */
export const Timeline = (props: { readonly leadId: string; readonly moments: readonly Moment[] }) => {
  const { leadId, moments } = props
  const [open, setOpen] = useState<ReadonlySet<string>>(() => {
    const cause = decisive(moments)
    return new Set(cause === null ? [] : [cause.id])
  })
  const totalMs = Math.max(0, ...moments.map(({ startMs, tookMs }) => startMs + tookMs))
  const bars = useMemo(() => waterfallOf(moments), [moments])
  return (
    <ol className="timeline">
      <li className="moment-axis faint num" aria-hidden="true">
        <span>0</span>
        <span>{duration(totalMs)}</span>
      </li>
      {moments.map((moment, index) => (
        <MomentRow
          key={moment.id}
          leadId={leadId}
          moment={moment}
          bar={bars[index] ?? NO_BAR}
          isOpen={open.has(moment.id)}
          onToggle={() =>
            setOpen((before) => {
              const after = new Set(before)
              if (!after.delete(moment.id)) after.add(moment.id)
              return after
            })
          }
        />
      ))}
    </ol>
  )
}
