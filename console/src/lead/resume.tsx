import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { ask } from '../api/client.ts'
import type { LeadDetail } from '../api/types.ts'
import { t } from '../text.ts'

/** What stands still is taken up: a parked lead goes on, one that waits for a time is looked at now. */
export const Resume = ({ lead }: { readonly lead: LeadDetail }) => {
  const client = useQueryClient()
  const isWaiting = lead.pending?.code === 'waiting' || lead.pending?.code === 'delivering'
  const run = useMutation({
    mutationFn: async (): Promise<unknown> =>
      isWaiting
        ? ask(`/api/v1/pipeline/process/${lead.id}`, { method: 'POST' })
        : ask(`/api/v1/leads/${lead.id}/resume`, { method: 'POST', body: {} }),
    onSuccess: () => {
      notifications.show({ message: t('lead.resumed') })
      void client.invalidateQueries({ queryKey: ['lead', lead.id] })
    },
    onError: (error) => notifications.show({ color: 'red', title: t('lead.resume_failed'), message: error.message }),
  })
  return (
    <Button
      variant="default"
      leftSection={<IconPlayerPlay size={15} aria-hidden />}
      loading={run.isPending}
      onClick={() => run.mutate()}
    >
      {t('lead.resume')}
    </Button>
  )
}
