import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { ask } from '../api/client.ts'
import { Refused } from '../components/dialog.tsx'
import { Meter } from '../components/meter.tsx'
import { useMay } from '../rights.ts'
import { number, t } from '../text.ts'

const LOOK_MS = 2_000

interface Run {
  readonly id: string
  readonly state: string
  readonly matched: number
  readonly done: number
  readonly refused: number
}

/** Many dead letters being decided about: how far each has come, and a way to call it off. */
const Runs = <R extends Run>(props: {
  readonly family: 'replays' | 'discards'
  readonly title: string
  readonly list: () => Promise<{ readonly items: readonly R[] }>
  readonly progress: (run: R) => string
}) => {
  const { family, title, list, progress } = props
  const may = useMay()
  const client = useQueryClient()
  const runs = useQuery({
    queryKey: [family],
    queryFn: list,
    refetchInterval: ({ state }) => (state.data?.items.some((run) => run.state === 'running') ? LOOK_MS : LOOK_MS * 10),
  })
  const cancel = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/dead-letters/${family}/${id}/cancel`, { method: 'POST' }),
    onSettled: () => client.invalidateQueries({ queryKey: [family] }),
  })
  const running = (runs.data?.items ?? []).filter(({ state }) => state === 'running')
  const ended = runs.data && runs.data.items.length - running.length
  const before = useRef(ended)
  useEffect(() => {
    // One is over since the last look: what it decided about is listed elsewhere now.
    if (before.current !== undefined && before.current !== ended)
      void client.invalidateQueries({ queryKey: ['deliveries'] })
    before.current = ended
  }, [ended, client])
  if (running.length === 0) return null
  return (
    <section className="card card-body stack" aria-label={title}>
      <h2>{title}</h2>
      <Refused error={cancel.error} />
      {running.map((run) => (
        <div key={run.id} className="row">
          <div className="grow">
            <Meter
              share={(run.done + run.refused) / Math.max(1, run.matched)}
              quiet
              label={title}
              text={progress(run)}
            />
          </div>
          {may('job.edit') && (
            <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(run.id)}>
              {t('replays.cancel')}
            </Button>
          )}
        </div>
      ))}
    </section>
  )
}

const decided = ({ done, refused, matched }: Run) => ({ done: number(done + refused), matched: number(matched) })

export const Replays = () => (
  <Runs
    family="replays"
    title={t('replays.title')}
    list={() => ask('/api/v1/dead-letters/replays')}
    progress={(run) => t('replays.progress', { ...decided(run), speed: run.per_second })}
  />
)

export const Discards = () => (
  <Runs
    family="discards"
    title={t('discards.title')}
    list={() => ask('/api/v1/dead-letters/discards')}
    progress={(run) => t('discards.progress', decided(run))}
  />
)
