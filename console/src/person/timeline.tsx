import { Button, Checkbox } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { TimelineItem } from '../api/types.ts'
import { Refused } from '../components/dialog.tsx'
import { verdictOf } from '../components/outcome-tag.tsx'
import { useMay } from '../rights.ts'
import { named, t, tn } from '../text.ts'
import { ago, fullTime } from '../time.ts'
import '../styles/person.css'

const Lead = ({ item }: { readonly item: TimelineItem }) => {
  const { name, tone } = verdictOf({ outcome: item.outcome, status: item.status ?? '', code: item.code })
  return (
    <span className="row" style={{ flexWrap: 'wrap' }}>
      <Link to="/leads/$id" params={{ id: item.id }} className="cell-main">
        {item.source}
      </Link>
      <span className="faint">{item.flow}</span>
      <span className="tag" data-tone={tone}>
        {named('verdict', name)}
      </span>
      {item.code !== null && item.outcome === 'failure' && <span className="faint">{named('code', item.code)}</span>}
    </span>
  )
}

/** Leads and what was decided about whose they are, newest first. Merges are taken back, leads split off. */
export const PersonTimeline = (props: {
  readonly person: string
  readonly items: readonly TimelineItem[]
  readonly more: { readonly on: boolean; readonly busy: boolean; readonly load: () => void }
}) => {
  const { person, items, more } = props
  const may = useMay()
  const client = useQueryClient()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const undone = new Set(items.flatMap(({ undoes }) => undoes ?? []))
  const oldest = items.filter(({ type }) => type === 'lead').at(-1)?.id
  const change = useMutation({
    mutationFn: ({ act, body }: { act: 'split' | 'unmerge'; body: object }) =>
      ask(`/api/v1/persons/${person}/${act}`, { method: 'POST', body }),
    onSuccess: (_answer, { act }) => {
      setChosen(new Set())
      notifications.show({ message: t(act === 'split' ? 'person.split_done' : 'person.unmerge_done') })
      void client.invalidateQueries({ queryKey: ['person'] })
      void client.invalidateQueries({ queryKey: ['persons'] })
    },
  })
  const turn = (id: string) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    setChosen(next)
  }
  return (
    <section className="card" aria-label={t('person.timeline')}>
      <div className="card-head">
        <h2>{t('person.timeline')}</h2>
        {chosen.size > 0 && (
          <Button
            loading={change.isPending}
            onClick={() => change.mutate({ act: 'split', body: { leads: [...chosen] } })}
          >
            {tn('person.split', chosen.size)}
          </Button>
        )}
      </div>
      <Refused error={change.error} />
      <ol className="person-timeline">
        {items.map((item) => (
          <li key={item.id} data-type={item.type}>
            <time className="faint num" dateTime={item.at} title={fullTime(item.at)}>
              {ago(item.at)}
            </time>
            <div className="grow">
              {item.type === 'lead' ? (
                <Lead item={item} />
              ) : (
                <>
                  <span>{named('person_event', item.type)}</span>{' '}
                  <span className="faint">{item.by === 'match' ? t('person.by_match') : t('person.by_hand')}</span>
                </>
              )}
            </div>
            {item.type === 'lead' && may('person.edit') && item.id !== oldest && (
              <Checkbox
                aria-label={t('person.choose', { source: item.source ?? '', when: ago(item.at) })}
                checked={chosen.has(item.id)}
                onChange={() => turn(item.id)}
              />
            )}
            {item.type === 'merged' && may('person.edit') && !undone.has(item.id) && (
              <Button
                variant="default"
                loading={change.isPending}
                onClick={() => change.mutate({ act: 'unmerge', body: { event: item.id } })}
              >
                {t('person.unmerge')}
              </Button>
            )}
          </li>
        ))}
      </ol>
      {more.on && (
        <div className="table-more">
          <Button variant="default" loading={more.busy} onClick={more.load}>
            {t('action.more')}
          </Button>
        </div>
      )}
    </section>
  )
}
