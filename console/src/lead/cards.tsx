import { Button, Skeleton } from '@mantine/core'
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ask } from '../api/client.ts'
import type { LeadDetail, LeadEvent, LeadPage } from '../api/types.ts'
import { OutcomeTag } from '../components/outcome-tag.tsx'
import { useMay } from '../rights.ts'
import { named, t, tn } from '../text.ts'
import { rowTime } from '../time.ts'
import { Card } from './card.tsx'
import { pointsOf } from './story.ts'

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

/** Not read yet, or why it could not be: nothing is said of what is not known. */
const Unread = ({ error, onRetry }: { readonly error: Error | null; readonly onRetry: () => void }) => (
  <div className="card-body">
    {error === null ? (
      <Skeleton height={20} radius={4} />
    ) : (
      <p className="soft" role="alert">
        {error.message}{' '}
        <Button variant="subtle" size="compact-xs" onClick={onRetry}>
          {t('error.retry')}
        </Button>
      </p>
    )}
  </div>
)

interface Field {
  readonly normal: unknown
  readonly valid: boolean
}

type Other = Pick<LeadPage['items'][number], 'id' | 'flow' | 'source' | 'status' | 'outcome' | 'code' | 'received_at'>

const OTHERS_MAX = 20

/** Leads of the person it was found to belong to, by whatever they were matched. */
const ofPerson = async (person: string): Promise<Other[]> => {
  const { items } = await ask(`/api/v1/persons/${person}/timeline`, { query: { limit: OTHERS_MAX } })
  return items.flatMap(({ type, lead_id, at, flow, source, status, outcome, code }) =>
    type !== 'lead' || lead_id === null
      ? []
      : [{ id: lead_id, received_at: at, flow: flow ?? '', source: source ?? '', status: status ?? '', outcome, code }],
  )
}

/** Those with this email or phone: asked in a body, since neither may stand in an address. */
const ofContacts = async (lead: LeadDetail): Promise<Other[]> => {
  const of = (name: string): string | undefined => {
    const field = lead.fields[name] as Field | undefined
    return field?.valid && typeof field.normal === 'string' ? field.normal : undefined
  }
  const asked = { email: of('email'), phone: of('phone') }
  if (asked.email === undefined && asked.phone === undefined) return []
  const { items } = await ask('/api/v1/leads/search', {
    method: 'POST',
    body: { ...asked, limit: OTHERS_MAX },
  })
  return items
}

/** The person's other leads: by the matching, and by email and phone. */
export const OthersCard = ({ lead }: { readonly lead: LeadDetail }) => {
  const may = useMay()
  const person = may('person.read') ? lead.person_id : null
  const canSearch = may('lead.search') && lead.personal === 'shown'
  const { data, error, refetch } = useQuery({
    queryKey: ['lead', lead.id, 'others'],
    queryFn: async () => {
      const found = await Promise.all([
        person === null ? [] : ofPerson(person).catch(() => []),
        canSearch ? ofContacts(lead) : [],
      ])
      return [...new Map(found.flat().map((other) => [other.id, other])).values()]
        .filter(({ id }) => id !== lead.id)
        .sort((a, b) => (a.id < b.id ? 1 : -1))
    },
    enabled: person !== null || canSearch,
    staleTime: 60_000,
  })
  if (person === null && !canSearch) return null
  const others = data ?? []
  return (
    <Card title={t('lead.others')} aside={data !== undefined && <span className="faint num">{others.length}</span>}>
      {data === undefined ? (
        <Unread error={error} onRetry={() => void refetch()} />
      ) : others.length === 0 ? (
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

export const ProofCard = ({ lead }: { readonly lead: LeadDetail }) => {
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['lead', lead.id, 'proof'],
    queryFn: () => ask(`/api/v1/leads/${lead.id}/proof`),
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
      {data === undefined ? (
        <Unread error={error} onRetry={() => void refetch()} />
      ) : (
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

/** What a buyer was sent of the lead, as it was sent. */
export const ReceivedCard = ({ received }: { readonly received: unknown }) => (
  <Card title={t('lead.received')}>
    <pre className="code card-body" tabIndex={0}>
      {JSON.stringify(received, null, 2)}
    </pre>
  </Card>
)
