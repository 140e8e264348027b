import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { api, ask } from '../api/client.ts'
import { Refused } from '../components/dialog.tsx'
import { Meter } from '../components/meter.tsx'
import { useMay } from '../rights.ts'
import { number, t } from '../text.ts'

const LOOK_MS = 2_000

/** Replays under way: how far each has come, and a way to call it off. */
export const Replays = () => {
  const may = useMay()
  const client = useQueryClient()
  const replays = useQuery({
    queryKey: ['replays'],
    queryFn: () => ask('/api/v1/dead-letters/replays'),
    refetchInterval: ({ state }) =>
      state.data?.items.some((replay) => replay.state === 'running') ? LOOK_MS : LOOK_MS * 10,
  })
  const cancel = useMutation({
    mutationFn: (id: string) => api(`/api/v1/dead-letters/replays/${id}/cancel`, { method: 'POST' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['replays'] }),
  })
  const running = (replays.data?.items ?? []).filter(({ state }) => state === 'running')
  const ended = (replays.data?.items ?? []).length - running.length
  useEffect(() => {
    if (ended > 0) void client.invalidateQueries({ queryKey: ['deliveries'] })
  }, [ended, client])
  if (running.length === 0) return null
  return (
    <section className="card card-body stack" aria-label={t('replays.title')}>
      <h2>{t('replays.title')}</h2>
      <Refused error={cancel.error} />
      {running.map(({ id, matched, done, refused, per_second }) => (
        <div key={id} className="row">
          <div className="grow">
            <Meter
              share={(done + refused) / Math.max(1, matched)}
              quiet
              label={t('replays.title')}
              text={t('replays.progress', {
                done: number(done + refused),
                matched: number(matched),
                speed: per_second,
              })}
            />
          </div>
          {may('job.edit') && (
            <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(id)}>
              {t('replays.cancel')}
            </Button>
          )}
        </div>
      ))}
    </section>
  )
}
