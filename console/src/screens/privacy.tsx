import { Alert, Button, Modal, Select, Skeleton, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { Failed } from '../components/failed.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { named, number, t } from '../text.ts'
import { ago, fullTime } from '../time.ts'

interface Summary {
  readonly id: string
  readonly kind: string
  readonly status: string
  readonly at: string
  readonly due_at: string
  readonly overdue: boolean
  readonly leads: number | null
}

interface Notice {
  readonly id: string
  readonly destination: string
  readonly act: string
  readonly status: string
  readonly overdue: boolean
}

interface Detail extends Summary {
  readonly notices: readonly Notice[]
}

const KINDS = ['erase', 'access', 'restrict', 'object'] as const
const TONE: Readonly<Record<string, string>> = { working: 'info', waiting: 'warn', done: 'good' }

/** Who asks stands in a body, and in no address or log. */
const NewRequest = ({ onClose }: { readonly onClose: () => void }) => {
  const client = useQueryClient()
  const [kind, setKind] = useState<string>('erase')
  const [email, setEmail] = useState('')
  const [phone, setPhone] = useState('')
  const make = useMutation({
    mutationFn: () =>
      api<Summary>('/api/v1/privacy/requests', {
        method: 'POST',
        body: { kind, ...(email === '' ? {} : { email }), ...(phone === '' ? {} : { phone }) },
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['privacy'] })
      notifications.show({ message: t('privacy.made') })
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={t('privacy.new')}>
      <form className="stack" onSubmit={submit}>
        <Select
          label={t('privacy.kind')}
          description={named('privacy_text', kind)}
          data={KINDS.map((each) => ({ value: each, label: named('privacy_kind', each) }))}
          allowDeselect={false}
          value={kind}
          onChange={(chosen) => setKind(chosen ?? kind)}
        />
        <TextInput
          data-autofocus
          label={t('sign_in.email')}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <TextInput label={t('privacy.phone')} value={phone} onChange={(event) => setPhone(event.currentTarget.value)} />
        {make.error !== null && (
          <Alert color="red" variant="light" role="alert">
            {make.error.message}
          </Alert>
        )}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button
            type="submit"
            color={kind === 'erase' ? 'red' : 'mill'}
            disabled={email === '' && phone === ''}
            loading={make.isPending}
          >
            {named('privacy_act', kind)}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

const Notices = ({ id }: { readonly id: string }) => {
  const may = useMay()
  const client = useQueryClient()
  const { data } = useQuery({
    queryKey: ['privacy', id],
    queryFn: () => api<Detail>(`/api/v1/privacy/requests/${id}`),
  })
  const acknowledge = useMutation({
    mutationFn: (notice: string) => api(`/api/v1/privacy/notices/${notice}/acknowledge`, { method: 'POST' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['privacy'] }),
  })
  if (data === undefined) return <Skeleton height={40} />
  if (data.notices.length === 0) return <p className="soft">{t('privacy.no_notices')}</p>
  return (
    <table className="plain-table">
      <tbody>
        {data.notices.map((notice) => (
          <tr key={notice.id}>
            <td>{notice.destination}</td>
            <td>{named('privacy_kind', notice.act)}</td>
            <td>
              <span
                className="tag"
                data-tone={notice.status === 'acknowledged' ? 'good' : notice.overdue ? 'bad' : 'warn'}
              >
                {named('notice', notice.status)}
              </span>
            </td>
            <td className="end">
              {notice.status !== 'acknowledged' && may('privacy.edit') && (
                <Button variant="default" onClick={() => acknowledge.mutate(notice.id)}>
                  {t('privacy.acknowledge')}
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** What persons asked for, how far it is, and which recipients have not answered yet. */
export const Privacy = () => {
  const may = useMay()
  const [isMaking, setMaking] = useState(false)
  const [open, setOpen] = useState<string | null>(null)
  const requests = useQuery({
    queryKey: ['privacy', 'list'],
    queryFn: () => api<{ items: Summary[] }>('/api/v1/privacy/requests', { query: { limit: 100 } }),
    refetchInterval: 10_000,
  })
  return (
    <Page
      title={t('nav.privacy')}
      actions={
        may('privacy.edit') && (
          <Button leftSection={<IconPlus size={15} />} onClick={() => setMaking(true)}>
            {t('privacy.new')}
          </Button>
        )
      }
    >
      {isMaking && <NewRequest onClose={() => setMaking(false)} />}
      {requests.error !== null ? (
        <Failed error={requests.error} onRetry={() => void requests.refetch()} />
      ) : requests.data === undefined ? (
        <Skeleton height={200} radius={8} />
      ) : requests.data.items.length === 0 ? (
        <div className="empty card">
          <h2>{t('privacy.none')}</h2>
          <p>{t('privacy.none_text')}</p>
        </div>
      ) : (
        <section className="card" aria-label={t('nav.privacy')}>
          <table className="plain-table">
            <thead>
              <tr>
                <th>{t('privacy.kind')}</th>
                <th>{t('queues.state')}</th>
                <th className="end">{t('nav.leads')}</th>
                <th>{t('privacy.at')}</th>
                <th>{t('privacy.due')}</th>
                <th>
                  <span className="visually-hidden">{t('privacy.notices')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {requests.data.items.flatMap((request) => [
                <tr key={request.id}>
                  <td>
                    <strong>{named('privacy_kind', request.kind)}</strong>
                  </td>
                  <td>
                    <span className="tag" data-tone={request.overdue ? 'bad' : TONE[request.status]}>
                      {named('privacy_status', request.status)}
                    </span>
                  </td>
                  <td className="end num">{request.leads === null ? '–' : number(request.leads)}</td>
                  <td title={fullTime(request.at)}>{ago(request.at)}</td>
                  <td title={fullTime(request.due_at)}>{ago(request.due_at)}</td>
                  <td className="end">
                    <Button
                      variant="default"
                      aria-expanded={open === request.id}
                      onClick={() => setOpen(open === request.id ? null : request.id)}
                    >
                      {t('privacy.notices')}
                    </Button>
                  </td>
                </tr>,
                ...(open === request.id
                  ? [
                      <tr key={`${request.id} notices`}>
                        <td colSpan={6}>
                          <Notices id={request.id} />
                        </td>
                      </tr>,
                    ]
                  : []),
              ])}
            </tbody>
          </table>
        </section>
      )}
    </Page>
  )
}
