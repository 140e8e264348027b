import { Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconUserShare } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ask } from '../api/client.ts'
import { useSession } from '../api/session.ts'
import { useMay } from '../rights.ts'
import { t } from '../text.ts'

/** Whoever may work on leads; whoever may not themselves is told of nobody. */
export const usePeople = () => {
  const may = useMay()
  const { data } = useQuery({
    queryKey: ['assignees'],
    queryFn: () => ask('/api/v1/assignees'),
    enabled: may('lead.review'),
    staleTime: 300_000,
  })
  return data?.items ?? []
}

export const AssigneeName = ({ id }: { readonly id: string | null }) => {
  const people = usePeople()
  if (id === null) return null
  return <>{people.find((person) => person.id === id)?.email ?? `…${id.slice(-6)}`}</>
}

/** Gives a lead to somebody. */
export const GiveTo = (props: {
  readonly leadId: string
  readonly assignee: string | null
  readonly onGiven?: () => void
}) => {
  const { leadId, assignee, onGiven } = props
  const client = useQueryClient()
  const session = useSession()
  const people = usePeople()
  const give = useMutation({
    mutationFn: (to: string | null) =>
      ask(`/api/v1/leads/${leadId}/assignee`, { method: 'PUT', body: { assignee: to } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['lead', leadId] })
      void client.invalidateQueries({ queryKey: ['reviews'] })
      onGiven?.()
    },
    onError: (error) => notifications.show({ color: 'red', title: t('assignee.failed'), message: error.message }),
  })
  const name = people.find(({ id }) => id === assignee)?.email
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" leftSection={<IconUserShare size={15} aria-hidden />} loading={give.isPending}>
          {name === undefined ? t('review.give') : t('review.given', { name })}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {people.map(({ id, email }) => (
          <Menu.Item key={id} disabled={id === assignee} onClick={() => give.mutate(id)}>
            {id === session?.userId ? t('assignee.me_email', { email }) : email}
          </Menu.Item>
        ))}
        {assignee !== null && <Menu.Divider />}
        {assignee !== null && <Menu.Item onClick={() => give.mutate(null)}>{t('assignee.nobody')}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  )
}
