import { Alert } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { ask } from '../api/client.ts'
import type { Destination as DestinationView } from '../api/types.ts'
import { TermList } from '../buyer/terms.tsx'
import { CapList } from '../caps/cap-list.tsx'
import { Empty } from '../components/empty.tsx'
import { Figures } from '../components/figures.tsx'
import { Loaded } from '../components/loaded.tsx'
import { paidText } from '../components/paid.ts'
import { RangePick, useRange } from '../components/range-pick.tsx'
import { DeliveryTable } from '../deliveries/delivery-table.tsx'
import { DestinationEditor } from '../destination/editor.tsx'
import { Pause } from '../destination/pause.tsx'
import { DestinationState } from '../destination/state.tsx'
import { Trial } from '../destination/trial.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { duration, named, number, percent, t, tn } from '../text.ts'
import { ago } from '../time.ts'

const ms = (value: number | null): string => (value === null ? '–' : duration(value))

/** Why nothing is sent there just now, and who or what stopped it. */
const Stopped = ({ destination }: { readonly destination: DestinationView }) => {
  const { paused, breaker } = destination.health
  if (paused !== null)
    return (
      <Alert color="yellow" variant="light">
        {t('destination.paused_since', { when: ago(paused.since) })}
        {paused.reason !== null && ` · ${paused.reason}`}
        {paused.code !== null && ` · ${named('delivery_code', paused.code)}`}
        {paused.until !== null && ` · ${t('destination.paused_until', { when: ago(paused.until) })}`}
      </Alert>
    )
  if (breaker.state === 'closed') return null
  return (
    <Alert color="red" variant="light">
      {t('destination.broken', { when: breaker.since === null ? '' : ago(breaker.since) })}
      {breaker.code !== null && ` · ${named('delivery_code', breaker.code)}`}
      {breaker.retry_at !== null && ` · ${t('destination.retry', { when: ago(breaker.retry_at) })}`}
    </Alert>
  )
}

const HealthFigures = ({ destination }: { readonly destination: DestinationView }) => {
  const may = useMay()
  const { flow, id, health, taken } = destination
  const behind = (state: string) => ({ to: '/deliveries', search: { state, flow, destination: id } })
  return (
    <Figures
      label={t('destination.health')}
      items={[
        {
          name: t('destination.success'),
          value: health.success_rate === null ? '–' : percent(health.success_rate),
          note: tn('destination.calls_n', health.calls),
          tone: health.errors > 0 && health.errors / health.calls > 0.1 ? 'bad' : undefined,
        },
        {
          name: t('destination.latency'),
          value: ms(health.latency_ms.p50),
          note: t('destination.tails', { p95: ms(health.latency_ms.p95), p99: ms(health.latency_ms.p99) }),
        },
        { name: t('delivery_state.delivered'), value: number(taken.delivered), to: behind('delivered') },
        { name: t('delivery_state.refused'), value: number(taken.refused), to: behind('refused') },
        {
          name: t('destination.open'),
          value: number(health.waiting + health.unknown),
          note: health.unknown > 0 ? t('destination.unknown_n', { n: number(health.unknown) }) : undefined,
          tone: health.unknown > 0 ? 'warn' : undefined,
          to: behind(health.unknown > 0 ? 'unknown' : 'waiting'),
        },
        {
          name: t('delivery_state.dead'),
          value: number(health.dead),
          tone: health.dead > 0 ? 'bad' : undefined,
          to: behind('dead'),
        },
        ...(may('money.read') ? [{ name: t('buyer.paid'), value: paidText(taken.paid) }] : []),
      ]}
    />
  )
}

const Recent = ({ flow, destination }: { readonly flow: string; readonly destination: string }) => {
  const list = useQuery({
    queryKey: ['deliveries', 'recent', flow, destination],
    queryFn: () => ask('/api/v1/deliveries', { query: { flow, destination, limit: 20 } }),
    refetchInterval: 10_000,
  })
  return (
    <Loaded query={list}>
      {({ items }) => (
        <DeliveryTable
          label={t('destination.recent')}
          title={t('destination.recent')}
          rows={items}
          none={t('destination.no_deliveries')}
          actions={
            <Link to="/deliveries" search={{ flow, destination, state: 'delivered' }}>
              {t('destination.all')}
            </Link>
          }
        />
      )}
    </Loaded>
  )
}

/** One place that leads go to: how it does, what it is set to, a try, and its deliveries. */
export const Destination = () => {
  const { flow, destination: id } = useParams({ from: '/destinations/$flow/$destination' })
  const search = useSearch({ from: '/destinations/$flow/$destination' })
  const go = useNavigate()
  const may = useMay()
  const range = useRange(search.range)
  const list = useQuery({
    queryKey: ['destinations', range],
    queryFn: () => ask('/api/v1/destinations', { query: { range } }),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  })
  const detail = useQuery({ queryKey: ['flow', flow], queryFn: () => ask(`/api/v1/flows/${flow}`) })
  const caps = useQuery({
    queryKey: ['caps'],
    queryFn: () => ask('/api/v1/caps'),
    refetchInterval: 15_000,
  })
  const destination = list.data?.items.find((each) => each.flow === flow && each.id === id)
  const own = (caps.data?.items ?? []).filter((cap) => cap.flow === flow && cap.destination === id)
  return (
    <Page
      title={destination?.name ?? id}
      crumb={<Link to="/destinations">{t('nav.destinations')}</Link>}
      aside={
        <>
          <Link to="/flows/$flow" params={{ flow }} className="faint">
            {flow}
          </Link>
          {destination !== undefined && <DestinationState destination={destination} />}
        </>
      }
      actions={
        <>
          <RangePick
            value={range}
            onChange={(next) =>
              void go({
                to: '/destinations/$flow/$destination',
                params: { flow, destination: id },
                search: { range: next },
              })
            }
          />
          {destination !== undefined && may('job.edit') && <Pause destination={destination} />}
        </>
      }
    >
      <Loaded query={list} height={320}>
        {() =>
          destination === undefined ? (
            <Empty title={t('destination.missing')} />
          ) : (
            <>
              <Stopped destination={destination} />
              <HealthFigures destination={destination} />
              <div className="columns">
                <div className="stack">
                  {destination.type !== null && may('flow.edit') && (
                    <Loaded query={detail} height={320}>
                      {(read) => <DestinationEditor key={`${flow}/${id}`} destination={destination} flow={read} />}
                    </Loaded>
                  )}
                  {!may('flow.edit') && <SettingList destination={destination} />}
                </div>
                <div className="stack">
                  {destination.type !== null && may('secret.edit') && <Trial flow={flow} destination={id} />}
                  <TermList terms={destination.terms} steps={destination.steps} />
                  {own.length > 0 && <CapList caps={own} title={t('nav.caps')} />}
                </div>
              </div>
              <Recent flow={flow} destination={id} />
            </>
          )
        }
      </Loaded>
    </Page>
  )
}

const SettingList = ({ destination }: { readonly destination: DestinationView }) => (
  <section className="card" aria-label={t('destination.settings')}>
    <div className="card-head">
      <h2>{t('destination.settings')}</h2>
      <span className="faint">{destination.type}</span>
    </div>
    <div className="card-body">
      <dl className="pairs">
        {Object.entries((destination.settings ?? {}) as Record<string, unknown>).map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{named('setting', name)}</dt>
            <dd>{typeof value === 'object' ? JSON.stringify(value) : String(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  </section>
)
