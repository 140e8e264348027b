import { ActionIcon, CopyButton, Skeleton, Tooltip } from '@mantine/core'
import { IconCopy } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { ask } from '../api/client.ts'
import type { LeadDetail } from '../api/types.ts'
import { GiveTo } from '../components/assignee.tsx'
import { Failed } from '../components/failed.tsx'
import { useKeys } from '../keys.ts'
import { OthersCard, ProofCard, ReceivedCard, ScoreCard } from '../lead/cards.tsx'
import { DeliveriesCard } from '../lead/deliveries-card.tsx'
import { FieldsCard } from '../lead/fields-card.tsx'
import { MatchesCard } from '../lead/matches-card.tsx'
import { canRerun, RunAgain } from '../lead/rerun.tsx'
import { Resume } from '../lead/resume.tsx'
import { storyOf } from '../lead/story.ts'
import { Timeline } from '../lead/timeline.tsx'
import { Verdict } from '../lead/verdict.tsx'
import { cameFromList, lastSearch } from '../leads/last-search.ts'
import { useLiveBatches } from '../live/live.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { t } from '../text.ts'
import { fullTime, leadZone, zoneTime } from '../time.ts'
import '../styles/lead.css'

const nameOf = (lead: LeadDetail): string => {
  const text = (name: string): string => {
    const field = lead.fields[name] as { normal?: unknown } | undefined
    return typeof field?.normal === 'string' ? field.normal : ''
  }
  return [text('first_name'), text('last_name')].join(' ').trim() || text('full_name') || text('company')
}

const Meta = ({ lead }: { readonly lead: LeadDetail }) => {
  const zone = leadZone(lead.fields)
  const may = useMay()
  return (
    <div className="meta">
      <time dateTime={lead.received_at}>
        {fullTime(lead.received_at)}
        {zone !== null && (
          <span className="faint"> ({t('lead.their_time', { at: zoneTime(lead.received_at, zone) })})</span>
        )}
      </time>
      <span>
        {may('flow.read') ? (
          <Link to="/flows/$flow" params={{ flow: lead.flow }}>
            {lead.flow}
          </Link>
        ) : (
          lead.flow
        )}{' '}
        v{lead.flow_version}
      </span>
      {may('source.read') && (
        <span>
          <Link to="/sources/$flow/$source" params={{ flow: lead.flow, source: lead.source }}>
            {lead.source}
          </Link>
        </span>
      )}
      {lead.test && <span className="chip">{t('lead.test')}</span>}
      {lead.duplicate_of !== null && (
        <Link to="/leads/$id" params={{ id: lead.duplicate_of }}>
          {t('lead.first')}
        </Link>
      )}
      {lead.rerun_of !== null && (
        <Link to="/leads/$id" params={{ id: lead.rerun_of }}>
          {t('lead.rerun_of')}
        </Link>
      )}
      {lead.rerun_as !== null && (
        <Link to="/leads/$id" params={{ id: lead.rerun_as }}>
          {t('lead.rerun_as')}
        </Link>
      )}
      <CopyButton value={lead.id}>
        {({ copied, copy }) => (
          <span className="row" style={{ gap: 2 }}>
            <span className="mono faint">{lead.id}</span>
            <Tooltip label={copied ? t('action.copied') : t('action.copy')}>
              <ActionIcon variant="subtle" color="gray" size="xs" aria-label={t('action.copy')} onClick={copy}>
                <IconCopy size={13} />
              </ActionIcon>
            </Tooltip>
          </span>
        )}
      </CopyButton>
    </div>
  )
}

/** A person decides, or says what became of a delivery: there is nothing to take up. */
const STILL = new Set(['awaiting_review', 'unknown_outcome'])

export const Lead = () => {
  const { id } = useParams({ from: '/leads/$id' })
  const go = useNavigate()
  const client = useQueryClient()
  const may = useMay()
  const lead = useQuery({ queryKey: ['lead', id], queryFn: () => ask(`/api/v1/leads/${id}`) })
  // Partners see what became of their leads, and nothing of how it was decided.
  const isTraced = may('lead.trace')
  const events = useQuery({
    queryKey: ['lead', id, 'events'],
    queryFn: () => ask(`/api/v1/leads/${id}/events`, { query: { exchanges: 'hidden' } }),
    enabled: isTraced,
  })
  useLiveBatches(({ items }) => {
    if (items.some((item) => item.id === id)) void client.invalidateQueries({ queryKey: ['lead', id] })
  })
  useKeys({ Escape: () => (cameFromList() ? history.back() : void go({ to: '/leads', search: lastSearch() })) })
  const moments = useMemo(
    () => (lead.data && (events.data || !isTraced) ? storyOf(lead.data, events.data?.items ?? []) : null),
    [lead.data, events.data, isTraced],
  )
  const error = lead.error ?? events.error
  const crumb = (
    <Link to="/leads" search={lastSearch()}>
      {t('leads.title')}
    </Link>
  )
  if (error !== null && (lead.data === undefined || moments === null))
    return (
      <Page title={t('lead.title')} crumb={crumb}>
        <Failed error={error} onRetry={() => void client.invalidateQueries({ queryKey: ['lead', id] })} />
      </Page>
    )
  if (lead.data === undefined || moments === null)
    return (
      <Page title={t('lead.title')} crumb={crumb}>
        <Skeleton height={84} radius={8} />
        <Skeleton height={420} radius={8} />
      </Page>
    )
  const person = nameOf(lead.data)
  return (
    <Page
      title={t('lead.title')}
      crumb={crumb}
      aside={person !== '' && <span className="clip">{person}</span>}
      actions={
        <>
          {may('lead.process') && lead.data.pending !== null && !STILL.has(lead.data.pending.code) && (
            <Resume lead={lead.data} />
          )}
          {may('lead.process') && canRerun(lead.data) && <RunAgain lead={lead.data} />}
          {may('lead.edit') && <GiveTo leadId={id} assignee={lead.data.assignee} />}
        </>
      }
    >
      <Verdict lead={lead.data} moments={moments} />
      <Meta lead={lead.data} />
      <div className="lead-page">
        <div className="stack">
          {isTraced ? (
            <section className="card" aria-label={t('lead.journey')}>
              <div className="card-head">
                <h2>{t('lead.journey')}</h2>
                <span className="faint">{t('lead.journey_hint')}</span>
              </div>
              <Timeline key={id} leadId={id} moments={moments} />
            </section>
          ) : lead.data.received === null ? (
            <FieldsCard lead={lead.data} />
          ) : (
            <ReceivedCard received={lead.data.received} />
          )}
        </div>
        <div className="stack">
          {isTraced && <FieldsCard lead={lead.data} />}
          <DeliveriesCard lead={lead.data} />
          <ScoreCard events={events.data?.items ?? []} />
          <MatchesCard events={events.data?.items ?? []} />
          <OthersCard lead={lead.data} />
          {isTraced && <ProofCard lead={lead.data} />}
        </div>
      </div>
    </Page>
  )
}
