import { Button, Select, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useRef, useState } from 'react'
import { ask } from '../api/client.ts'
import { GiveTo } from '../components/assignee.tsx'
import { Failed } from '../components/failed.tsx'
import { useKeys } from '../keys.ts'
import { OthersCard, ScoreCard } from '../lead/cards.tsx'
import { FieldsCard } from '../lead/fields-card.tsx'
import { MatchesCard } from '../lead/matches-card.tsx'
import { storyOf } from '../lead/story.ts'
import { Timeline } from '../lead/timeline.tsx'
import { RejectForm } from '../review/reject-form.tsx'
import { useQueue } from '../review/use-queue.ts'
import { Page } from '../shell/page.tsx'
import { money, t, tn } from '../text.ts'
import { ago } from '../time.ts'
import '../styles/lead.css'
import '../styles/review.css'

const Subject = ({ id }: { readonly id: string }) => {
  const lead = useQuery({ queryKey: ['lead', id], queryFn: () => ask(`/api/v1/leads/${id}`) })
  const events = useQuery({
    queryKey: ['lead', id, 'events'],
    queryFn: () => ask(`/api/v1/leads/${id}/events`, { query: { exchanges: 'hidden' } }),
  })
  const moments = useMemo(
    () => (lead.data && events.data ? storyOf(lead.data, events.data.items) : null),
    [lead.data, events.data],
  )
  if (lead.error !== null) return <Failed error={lead.error} onRetry={() => void lead.refetch()} />
  if (lead.data === undefined || moments === null) return <Skeleton height={360} radius={8} />
  return (
    <div className="review-subject">
      <FieldsCard lead={lead.data} />
      <div className="stack">
        <MatchesCard events={events.data?.items ?? []} />
        <ScoreCard events={events.data?.items ?? []} />
        <OthersCard lead={lead.data} />
      </div>
      <details className="card review-journey">
        <summary>{t('lead.journey')}</summary>
        <Timeline leadId={id} moments={moments} />
      </details>
    </div>
  )
}

const SORTS = ['hottest', 'newest'] as const

const searchOf = (queue: string | undefined, sort: (typeof SORTS)[number]) => ({
  ...(queue === undefined ? {} : { queue }),
  ...(sort === 'hottest' ? {} : { sort }),
})

export const Review = () => {
  const { queue, sort: asked } = useSearch({ from: '/review' })
  const sort = asked === 'newest' ? 'newest' : 'hottest'
  const go = useNavigate()
  const work = useQueue(queue, sort)
  // Of the lead that was read: where somebody else decides it meanwhile, the reason is not given to the next one.
  const [rejecting, setRejecting] = useState<string | null>(null)
  const bar = useRef<HTMLDivElement>(null)
  const { current, undoable } = work
  const approve = (): void => work.decide('approve', null)
  useKeys({
    a: approve,
    r: () => setRejecting(current?.id ?? null),
    s: work.skip,
    u: work.undo,
    j: work.skip,
    e: () =>
      document
        .querySelector<HTMLElement>('.review-subject [data-invalid] .facts-edit, .review-subject .facts-edit')
        ?.click(),
  })
  const body = () => {
    if (work.error !== null && current === null)
      return <Failed error={work.error} onRetry={() => void work.refresh()} />
    if (work.isLoading) return <Skeleton height={420} radius={8} />
    if (current === null)
      return (
        <div className="empty" style={{ paddingTop: '12vh' }}>
          <h2>{t('review.none')}</h2>
          <p>{work.taken > 0 ? tn('review.taken', work.taken) : t('review.none_text')}</p>
          <Link to="/leads">{t('not_found.link')}</Link>
        </div>
      )
    return (
      <>
        <section className="review-head" data-tone="review" aria-label={t('review.question')}>
          <div className="grow">
            <p className="review-note">{current.note ?? t('review.no_note')}</p>
            <p className="soft">
              {current.flow} · {current.source} · {current.queue} ·{' '}
              <time dateTime={current.received_at}>{ago(current.received_at)}</time> ·{' '}
              <Link to="/leads/$id" params={{ id: current.id }}>
                {t('review.open')}
              </Link>
            </p>
          </div>
          <dl className="verdict-facts">
            <div>
              <dt>{t('lead.score')}</dt>
              <dd className="num">{current.score ?? '–'}</dd>
            </div>
            <div>
              <dt>{t('column.price')}</dt>
              <dd className="num">{current.price === null ? '–' : money(current.price, current.currency)}</dd>
            </div>
          </dl>
        </section>
        <Subject key={current.id} id={current.id} />
      </>
    )
  }
  return (
    <Page
      title={t('nav.review')}
      wide
      aside={<span className="faint num">{tn('review.waiting', work.waiting)}</span>}
      actions={
        <>
          <div className="segments" role="group" aria-label={t('review.sort')}>
            {SORTS.map((each) => (
              <button
                key={each}
                type="button"
                aria-pressed={each === sort}
                onClick={() => void go({ to: '/review', search: searchOf(queue, each) })}
              >
                {t(`review.${each}`)}
              </button>
            ))}
          </div>
          <Select
            aria-label={t('review.queue')}
            placeholder={t('review.any_queue')}
            clearable
            w={190}
            data={work.queues.map(({ queue: name, waiting }) => ({ value: name, label: `${name} (${waiting})` }))}
            value={queue ?? null}
            onChange={(name) => void go({ to: '/review', search: searchOf(name ?? undefined, sort) })}
          />
        </>
      }
    >
      <div className="page" tabIndex={0}>
        <div className="page-inner" style={{ maxWidth: 960 }}>
          {body()}
        </div>
      </div>
      <div className="review-bar" ref={bar} role="toolbar" aria-label={t('review.decide')}>
        {undoable !== null && (
          <Button variant="subtle" color="gray" onClick={work.undo}>
            {t(undoable.decision === 'approve' ? 'review.undo_approve' : 'review.undo_reject')} <kbd>u</kbd>
          </Button>
        )}
        <span className="grow" role="status">
          {work.notice}
        </span>
        {current !== null && <GiveTo leadId={current.id} assignee={current.assignee} onGiven={work.pass} />}
        <Button variant="default" disabled={current === null} onClick={work.skip}>
          {t('review.skip')} <kbd>s</kbd>
        </Button>
        <Button
          color="red"
          variant="light"
          disabled={current === null}
          onClick={() => setRejecting(current?.id ?? null)}
        >
          {t('review.reject')} <kbd>r</kbd>
        </Button>
        <Button disabled={current === null} onClick={approve}>
          {t('review.approve')} <kbd>a</kbd>
        </Button>
      </div>
      {rejecting !== null && rejecting === current?.id && (
        <RejectForm
          onClose={() => setRejecting(null)}
          onReject={(reason) => {
            setRejecting(null)
            work.decide('reject', reason)
          }}
        />
      )}
    </Page>
  )
}
