import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { fullness } from '../caps/cap-words.ts'
import { RaisedLink } from '../components/raised-link.tsx'
import { useWaiting } from '../live/waiting.ts'
import { named, percent, t, tn } from '../text.ts'
import { useCaps } from './health.tsx'
import { useRaised } from './raised.ts'
import type { Figures } from './types.ts'

/** Fewer leads than this say nothing about a source. */
const LEADS_MIN = 20
/** Points by which a source's acceptance must have fallen. */
const FALLEN = 0.15

const rateOf = (row: { accepted: number; rejected: number; failed: number }): number =>
  row.accepted / Math.max(1, row.accepted + row.rejected + row.failed)

/** What somebody should look at; nothing where there is nothing. */
export const Alerts = ({ now, before }: { readonly now: Figures; readonly before: Figures | null }) => {
  const caps = useCaps()
  const waiting = useWaiting()
  const { raised, acknowledge } = useRaised()
  const alerts: { readonly key: string; readonly text: ReactNode }[] = []
  for (const { id, kind, subject, count } of raised)
    alerts.push({
      key: id,
      text: (
        <>
          <RaisedLink kind={kind} subject={subject}>
            {`${named('alert', kind)}: ${subject}${count > 1 ? ` (${count})` : ''}`}
          </RaisedLink>
          {acknowledge !== null && (
            <button type="button" className="alert-seen" onClick={() => acknowledge(id)}>
              {t('alert.seen')}
            </button>
          )}
        </>
      ),
    })
  if (waiting > 0) alerts.push({ key: 'review', text: <Link to="/review">{tn('alert.review', waiting)}</Link> })
  if (now.failed > 0)
    alerts.push({
      key: 'failed',
      text: (
        <Link to="/leads" search={{ outcome: 'error', from: now.from, test: 'no' }}>
          {tn('alert.failed', now.failed)}
        </Link>
      ),
    })
  for (const cap of caps) {
    const { flow, id, at, source, destination, buyer } = cap
    if (fullness(cap) >= 1)
      alerts.push({
        key: `cap ${flow} ${at} ${id}`,
        text: (
          <Link to="/caps" search={{ flow }}>
            {t('alert.cap', { name: `${source ?? destination ?? buyer ?? flow} ${id}` })}
          </Link>
        ),
      })
  }
  for (const row of now.sources) {
    const old = before?.sources.find(({ flow, source }) => flow === row.flow && source === row.source)
    if (old === undefined || row.leads < LEADS_MIN || old.leads < LEADS_MIN) continue
    if (rateOf(old) - rateOf(row) < FALLEN) continue
    alerts.push({
      key: `${row.flow} ${row.source}`,
      text: (
        <Link to="/leads" search={{ flow: row.flow, source: row.source, from: now.from, outcome: 'failure' }}>
          {t('alert.fallen', { source: row.source, before: percent(rateOf(old)), now: percent(rateOf(row)) })}
        </Link>
      ),
    })
  }
  if (alerts.length === 0) return null
  return (
    <ul className="alerts" aria-label={t('overview.alerts')}>
      {alerts.map(({ key, text }) => (
        <li key={key}>
          <IconAlertTriangle size={15} aria-hidden />
          {text}
        </li>
      ))}
    </ul>
  )
}
