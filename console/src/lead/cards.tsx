import { Button } from '@mantine/core'
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { api } from '../api/client.ts'
import type { LeadDetail, LeadEvent, LeadPage } from '../api/types.ts'
import { OutcomeTag } from '../components/outcome-tag.tsx'
import { money, named, t, tn } from '../text.ts'
import { rowTime } from '../time.ts'
import { plain } from './plain.ts'
import { pointsOf } from './story.ts'

const Card = ({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) => (
  <section className="card" aria-label={title}>
    <div className="card-head">
      <h2>{title}</h2>
      {aside}
    </div>
    {children}
  </section>
)

interface Field {
  readonly raw: unknown
  readonly normal: unknown
  readonly valid: boolean
}

export const FieldsCard = ({ lead }: { readonly lead: LeadDetail }) => {
  const fields = Object.entries(lead.fields) as [string, Field][]
  const extra = Object.entries((lead.extra ?? {}) as Record<string, unknown>)
  const appended = Object.entries((lead.appended ?? {}) as Record<string, Record<string, unknown>>).flatMap(
    ([enricher, facts]) =>
      Object.entries(facts).flatMap(([fact, value]) =>
        value === null ? [] : [[`${enricher}.${fact}`, value] as const],
      ),
  )
  return (
    <Card title={t('lead.fields')} aside={<span className="faint">{tn('lead.field_count', fields.length)}</span>}>
      <dl className="facts">
        {fields.map(([name, { raw, normal, valid }]) => {
          const shown = plain(normal ?? raw)
          const given = plain(raw)
          return (
            <div key={name} data-invalid={(!valid && raw !== null && raw !== undefined) || undefined}>
              <dt>{name}</dt>
              <dd>
                {shown}
                {given !== shown && <span className="faint facts-raw">{given}</span>}
              </dd>
            </div>
          )
        })}
        {appended.map(([name, value]) => (
          <div key={`appended ${name}`}>
            <dt>{name}</dt>
            <dd>{plain(value)}</dd>
          </div>
        ))}
        {extra.map(([name, value]) => (
          <div key={`extra ${name}`}>
            <dt className="faint">{name}</dt>
            <dd className="faint">{plain(value)}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}

export const ScoreCard = ({ events }: { readonly events: readonly LeadEvent[] }) => {
  const scored = pointsOf(events)
  if (scored === null) return null
  const top = Math.max(1, ...scored.points.map(({ points }) => Math.abs(points)))
  return (
    <Card title={t('lead.score')} aside={<strong className="num">{scored.score}</strong>}>
      <ul className="points">
        {scored.points.map(({ rule, points }) => (
          <li key={rule}>
            <span className="clip">{rule === 'base' ? t('lead.score_base') : rule}</span>
            <span className="points-bar" aria-hidden="true">
              <i data-minus={points < 0 || undefined} style={{ width: `${(Math.abs(points) / top) * 100}%` }} />
            </span>
            <span className="num">{points > 0 ? `+${points}` : points}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

export const DeliveriesCard = ({ lead }: { readonly lead: LeadDetail }) => {
  if (lead.deliveries.length === 0) return null
  return (
    <Card title={t('lead.deliveries')}>
      <ul className="lines">
        {lead.deliveries.map((delivery) => (
          <li key={delivery.id}>
            <div className="row between">
              <strong>{delivery.destination}</strong>
              <span
                className="tag"
                data-tone={{ success: 'good', failure: 'bad', error: 'warn', open: 'info' }[delivery.outcome]}
              >
                {named('delivery', delivery.parked ? 'parked' : delivery.outcome)}
              </span>
            </div>
            <p className="soft">
              {[
                tn('lead.attempts', delivery.attempts),
                delivery.reference && t('story.reference', { reference: delivery.reference }),
                delivery.revenue && money(Number(delivery.revenue), delivery.currency),
                delivery.reason,
                delivery.next_at && t('lead.next_try', { at: rowTime(delivery.next_at) }),
              ]
                .filter(Boolean)
                .join(' · ')}
            </p>
          </li>
        ))}
      </ul>
    </Card>
  )
}

/** Other leads with this email or phone: asked in a body, since neither may stand in an address. */
export const OthersCard = ({ lead }: { readonly lead: LeadDetail }) => {
  const of = (name: string): string | undefined => {
    const field = lead.fields[name] as Field | undefined
    return field?.valid && typeof field.normal === 'string' ? field.normal : undefined
  }
  const email = of('email')
  const phone = of('phone')
  const { data } = useQuery({
    queryKey: ['lead', lead.id, 'others'],
    queryFn: () => api<LeadPage>('/api/v1/leads/search', { method: 'POST', body: { email, phone, limit: 20 } }),
    enabled: email !== undefined || phone !== undefined,
    staleTime: 60_000,
  })
  const others = (data?.items ?? []).filter(({ id }) => id !== lead.id)
  return (
    <Card title={t('lead.others')} aside={<span className="faint num">{others.length}</span>}>
      {others.length === 0 ? (
        <p className="card-body soft">{t('lead.no_others')}</p>
      ) : (
        <ul className="lines">
          {others.map((other) => (
            <li key={other.id}>
              <Link to="/leads/$id" params={{ id: other.id }} className="row">
                <OutcomeTag lead={other} />
                <span className="grow clip">
                  {other.flow} · {other.source}
                </span>
                <span className="faint num">{rowTime(other.received_at)}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

interface Proof {
  readonly intact: boolean
  readonly breach: { readonly seq: number; readonly what: string } | null
  readonly segments: readonly { readonly seq: number; readonly hash: string }[]
}

export const ProofCard = ({ lead }: { readonly lead: LeadDetail }) => {
  const { data, isFetching, refetch } = useQuery({
    queryKey: ['lead', lead.id, 'proof'],
    queryFn: () => api<Proof>(`/api/v1/leads/${lead.id}/proof`),
  })
  return (
    <Card
      title={t('proof.title')}
      aside={
        <Button variant="subtle" size="compact-xs" loading={isFetching} onClick={() => void refetch()}>
          {t('proof.again')}
        </Button>
      }
    >
      {data !== undefined && (
        <div className="card-body stack" style={{ gap: 6 }}>
          <p className="row proof" data-intact={data.intact}>
            {data.intact ? <IconShieldCheck size={18} aria-hidden /> : <IconShieldX size={18} aria-hidden />}
            {data.intact
              ? tn('proof.intact', data.segments.length)
              : t('proof.broken', { what: named('breach', data.breach?.what), seq: data.breach?.seq ?? 0 })}
          </p>
          <p className="mono faint clip" title={data.segments.at(-1)?.hash}>
            {data.segments.at(-1)?.hash}
          </p>
        </div>
      )}
    </Card>
  )
}
