import { Button, Select, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { Destination } from '../api/types.ts'
import { Dialog } from '../components/dialog.tsx'
import { t } from '../text.ts'

const LONG = { '3600': 'pause.hour', '14400': 'pause.hours', '86400': 'pause.day', '': 'pause.until' } as const

/** Holds back what would be sent to a destination: it waits, and goes out once it is resumed. */
export const Pause = ({ destination }: { readonly destination: Destination }) => {
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const [reason, setReason] = useState('')
  const [seconds, setSeconds] = useState('')
  const lane = `${destination.flow}/${destination.id}`
  const set = useMutation({
    mutationFn: (action: 'pause-queues' | 'resume-queues') =>
      ask('/api/admin/lead-pipeline', {
        method: 'POST',
        body: {
          action,
          destinations: [lane],
          ...(action === 'pause-queues' && reason.trim() !== '' ? { reason: reason.trim() } : {}),
          ...(action === 'pause-queues' && seconds !== '' ? { duration: Number(seconds) } : {}),
        },
      }),
    onSuccess: () => {
      setAsking(false)
      void client.invalidateQueries({ queryKey: ['destinations'] })
      void client.invalidateQueries({ queryKey: ['queues'] })
    },
  })
  if (destination.health.paused !== null)
    return (
      <Button loading={set.isPending} onClick={() => set.mutate('resume-queues')}>
        {t('pause.resume')}
      </Button>
    )
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {t('pause.pause')}
      </Button>
      {isAsking && (
        <Dialog
          title={t('pause.title', { name: destination.name })}
          text={t('pause.text')}
          submit={t('pause.pause')}
          busy={set.isPending}
          error={set.error}
          onSubmit={() => set.mutate('pause-queues')}
          onClose={() => setAsking(false)}
        >
          <TextInput
            data-autofocus
            label={t('review.reason')}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Select
            label={t('pause.how_long')}
            allowDeselect={false}
            data={Object.entries(LONG).map(([value, text]) => ({ value, label: t(text) }))}
            value={seconds}
            onChange={(chosen) => setSeconds(chosen ?? '')}
          />
        </Dialog>
      )}
    </>
  )
}
