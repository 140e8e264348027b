import { Button, Modal } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { PersonSummary } from '../api/types.ts'
import { Refused } from '../components/dialog.tsx'
import { t, tn } from '../text.ts'
import { ago } from '../time.ts'
import { FindPerson } from './find.tsx'

/** Says that another person, found by email or phone, is this one. The oldest stands for both. */
export const Merge = ({ person, onClose }: { readonly person: string; readonly onClose: () => void }) => {
  const client = useQueryClient()
  const go = useNavigate()
  const [found, setFound] = useState<readonly PersonSummary[]>([])
  const merge = useMutation({
    mutationFn: (other: string) =>
      ask(`/api/v1/persons/${person}/merge`, { method: 'POST', body: { persons: [other] } }),
    onSuccess: ({ id }) => {
      notifications.show({ message: t('person.merge_done') })
      void client.invalidateQueries({ queryKey: ['person'] })
      void client.invalidateQueries({ queryKey: ['persons'] })
      onClose()
      if (id !== person) void go({ to: '/persons/$id', params: { id } })
    },
  })
  const others = found.filter(({ id }) => id !== person)
  return (
    <Modal opened onClose={onClose} title={t('person.merge')}>
      <div className="stack">
        <p className="soft">{t('person.merge_text')}</p>
        <FindPerson isPlain onFound={setFound} />
        {found.length > 0 && others.length === 0 && <p role="status">{t('person.merge_same')}</p>}
        {others.map(({ id, leads, created_at }) => (
          <div key={id} className="row between">
            <span>
              <span className="mono">…{id.slice(-12)}</span>{' '}
              <span className="faint">
                {tn('person.leads', leads)} · {ago(created_at)}
              </span>
            </span>
            <Button loading={merge.isPending} onClick={() => merge.mutate(id)}>
              {t('person.merge_this')}
            </Button>
          </div>
        ))}
        <Refused error={merge.error} />
      </div>
    </Modal>
  )
}
