import { ActionIcon, Button, Modal, TextInput, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconBookmarkPlus, IconX } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import type { LeadSearch } from '../router.tsx'
import { t } from '../text.ts'

const same = (a: LeadSearch, b: LeadSearch): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())

/** Filters that somebody gave a name: one click away, for oneself on any machine. */
export const Views = ({
  search,
  onOpen,
}: {
  readonly search: LeadSearch
  readonly onOpen: (s: LeadSearch) => void
}) => {
  const client = useQueryClient()
  const [naming, setNaming] = useState(false)
  const [name, setName] = useState('')
  const { data } = useQuery({ queryKey: ['views'], queryFn: () => ask('/api/v1/views') })
  const views = data?.items ?? []
  const refresh = () => client.invalidateQueries({ queryKey: ['views'] })
  const failed = (error: Error) =>
    notifications.show({ color: 'red', title: t('views.failed'), message: error.message })
  const save = useMutation({
    mutationFn: () => ask('/api/v1/views', { method: 'POST', body: { name, filter: search } }),
    onSuccess: () => {
      setNaming(false)
      setName('')
      void refresh()
    },
    onError: failed,
  })
  const remove = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/views/${id}`, { method: 'DELETE' }),
    onSuccess: refresh,
    onError: failed,
  })
  const isKept = views.some(({ filter }) => same(filter, search))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <div className="views" role="group" aria-label={t('views.title')}>
      {views.map((view) => {
        const isOpen = same(view.filter, search)
        return (
          <span key={view.id} className="row" style={{ gap: 0 }}>
            <button type="button" className="view" aria-pressed={isOpen} onClick={() => onOpen(view.filter)}>
              {view.name}
            </button>
            {isOpen && (
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={t('views.remove', { name: view.name })}
                onClick={() => remove.mutate(view.id)}
              >
                <IconX size={14} />
              </ActionIcon>
            )}
          </span>
        )
      })}
      {!isKept && Object.keys(search).length > 0 && (
        <Tooltip label={t('views.save')}>
          <ActionIcon variant="subtle" color="gray" aria-label={t('views.save')} onClick={() => setNaming(true)}>
            <IconBookmarkPlus size={17} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      )}
      <Modal opened={naming} onClose={() => setNaming(false)} title={t('views.save')}>
        <form className="stack" onSubmit={submit}>
          <TextInput
            data-autofocus
            label={t('views.name')}
            maxLength={60}
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button type="submit" loading={save.isPending}>
              {t('action.save')}
            </Button>
          </div>
        </form>
      </Modal>
    </div>
  )
}
