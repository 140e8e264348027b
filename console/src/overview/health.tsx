import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ask } from '../api/client.ts'
import { CapMeter } from '../caps/cap-meter.tsx'
import { countOf, fullness } from '../caps/cap-words.ts'
import { useMay } from '../rights.ts'
import { compact, duration, percent, t, tn } from '../text.ts'
import { fullTime } from '../time.ts'

/** Asked anew so often: neither changes at once. */
const AGAIN_MS = 20_000
/** Caps that are less full than this want no look; at most so many are shown. */
const FILLING = 0.5
const CAPS_MAX = 6
const DESTINATIONS_MAX = 8

const useDestinations = (range: string) => {
  const may = useMay()
  return useQuery({
    queryKey: ['destinations', range],
    queryFn: () => ask('/api/v1/destinations', { query: { range: range as '24h' } }),
    enabled: may('destination.read'),
    refetchInterval: AGAIN_MS,
  })
}

/** Those worth a look, the fullest first: a cap of nothing was made so on purpose. */
export const useCaps = () => {
  const may = useMay()
  const { data } = useQuery({
    queryKey: ['caps'],
    queryFn: () => ask('/api/v1/caps'),
    enabled: may('flow.read'),
    refetchInterval: AGAIN_MS,
  })
  return (data?.items ?? [])
    .filter(({ by, max }) => by === null && countOf(max) > 0)
    .sort((a, b) => fullness(b) - fullness(a))
}

/** Caps that fill up, the fullest first. */
export const Caps = () => {
  const caps = useCaps()
  if (caps.length === 0) return null
  const filling = caps.filter((cap) => fullness(cap) >= FILLING).slice(0, CAPS_MAX)
  return (
    <section className="card grow" aria-label={t('overview.caps')}>
      <div className="card-head">
        <h2>{t('overview.caps')}</h2>
        <span className="faint">{tn('overview.caps_count', caps.length)}</span>
      </div>
      {filling.length === 0 ? (
        <p className="card-body soft">{t('overview.caps_none')}</p>
      ) : (
        <ul className="reasons">
          {filling.map((cap) => (
            <li key={`${cap.flow} ${cap.at} ${cap.id}`}>
              <Link to="/caps" search={{ flow: cap.flow }} title={cap.until === null ? '' : fullTime(cap.until)}>
                <span className="grow clip">
                  {cap.source ?? cap.destination ?? cap.buyer ?? cap.flow} <span className="faint">{cap.id}</span>
                </span>
                <CapMeter cap={cap} />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** A number of deliveries, as the way to them. */
const Count = (props: {
  readonly n: number
  readonly search: { readonly state: string; readonly flow: string; readonly destination: string }
}) =>
  props.n === 0 ? (
    <span>{compact(0)}</span>
  ) : (
    <Link to="/deliveries" search={props.search}>
      {compact(props.n)}
    </Link>
  )

/** How destinations do: the worst first. */
export const DeliveryHealth = ({ range }: { readonly range: string }) => {
  const { data } = useDestinations(range)
  const items = (data?.items ?? []).map((each) => {
    const { breaker, paused, success_rate, dead, unknown } = each.health
    const trouble = (breaker.state === 'closed' ? 0 : 4) + (paused === null ? 0 : 3) + (dead + unknown > 0 ? 2 : 0)
    return { ...each, trouble: trouble + (success_rate === null ? 0 : 1 - success_rate) }
  })
  if (items.length === 0) return null
  return (
    <section className="card grow" aria-label={t('overview.deliveries')}>
      <div className="card-head">
        <h2>{t('overview.deliveries')}</h2>
      </div>
      <table className="plain-table">
        <thead>
          <tr>
            <th>{t('health.destination')}</th>
            <th className="end">{t('health.taken')}</th>
            <th className="end">{t('health.p95')}</th>
            <th className="end">{t('health.waiting')}</th>
            <th className="end">{t('health.dead')}</th>
          </tr>
        </thead>
        <tbody>
          {items
            .sort((a, b) => b.trouble - a.trouble)
            .slice(0, DESTINATIONS_MAX)
            .map(({ flow, id, name, health }) => (
              <tr key={`${flow}/${id}`}>
                <td>
                  <Link to="/destinations/$flow/$destination" params={{ flow, destination: id }} search={{ range }}>
                    {name}
                  </Link>{' '}
                  <span className="faint">{flow}</span>{' '}
                  {health.breaker.state !== 'closed' && (
                    <span className="tag" data-tone="bad">
                      {t('health.broken')}
                    </span>
                  )}
                  {health.paused !== null && (
                    <span className="tag" data-tone="warn">
                      {t('health.paused')}
                    </span>
                  )}
                </td>
                <td className="end num">
                  {health.success_rate === null ? '–' : percent(health.success_rate)}
                  {health.calls > 0 && <span className="faint"> {t('health.of', { n: compact(health.calls) })}</span>}
                </td>
                <td className="end num">{health.latency_ms.p95 === null ? '–' : duration(health.latency_ms.p95)}</td>
                <td className="end num">
                  <Count n={health.waiting} search={{ state: 'waiting', flow, destination: id }} />
                </td>
                <td className="end num">
                  <Count
                    n={health.dead + health.unknown}
                    search={{ state: health.dead > 0 ? 'dead' : 'unknown', flow, destination: id }}
                  />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  )
}
