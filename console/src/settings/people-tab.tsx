import { Button, Menu, Select, Switch, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDots } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { STAFF_ROLES } from '../../../src/api/contract/words.ts'
import { ask } from '../api/client.ts'
import { useSession } from '../api/session.ts'
import type { User } from '../api/types.ts'
import { Dialog, Refused } from '../components/dialog.tsx'
import { Loaded } from '../components/loaded.tsx'
import { Once } from '../components/once.tsx'
import { type Column, Table } from '../components/table.tsx'
import { useMay } from '../rights.ts'
import { named, t } from '../text.ts'
import { ago } from '../time.ts'
import { useUsers } from '../users.ts'
import { type Invitation, Invite } from './invite.tsx'

/** So many rows are drawn, and so many more each time they are asked for. */
const PAGE = 200

const partnerText = (partner: User['partner']): string =>
  partner === null ? '' : (partner.destination ?? `${partner.flow}/${partner.source}`)

/** Who works here, and as what. */
export const PeopleTab = () => {
  const may = useMay()
  const session = useSession()
  const client = useQueryClient()
  const [isInviting, setInviting] = useState(false)
  const [link, setLink] = useState<Invitation | null>(null)
  const [removing, setRemoving] = useState<User | null>(null)
  const [search, setSearch] = useState('')
  const [shown, setShown] = useState(PAGE)
  const users = useUsers()
  const onSettled = () => client.invalidateQueries({ queryKey: ['users'] })
  const change = useMutation({
    mutationFn: ({ id, ...body }: { id: string; role?: string; enabled?: boolean }) =>
      ask(`/api/v1/users/${id}`, { method: 'PATCH', body }),
    onSettled,
  })
  const relink = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/users/${id}/link`, { method: 'POST', body: {} }),
    onSuccess: setLink,
  })
  const end = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/users/${id}/sessions`, { method: 'DELETE' }),
    onSuccess: () => notifications.show({ message: t('people.ended') }),
  })
  const remove = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/users/${id}`, { method: 'DELETE' }),
    onSuccess: () => {
      setRemoving(null)
      void onSettled()
    },
  })
  const isOther = (user: User): boolean => user.id !== session?.userId
  const columns: readonly Column<User>[] = [
    {
      key: 'email',
      head: t('sign_in.email'),
      cell: (user) => (
        <>
          <span className="cell-main">{user.email}</span>{' '}
          {!isOther(user) && <span className="chip">{t('people.you')}</span>}
          {!user.joined && <span className="chip">{t('people.invited')}</span>}
        </>
      ),
    },
    {
      key: 'role',
      head: t('people.role'),
      cell: (user) =>
        may('user.edit') && isOther(user) && user.partner === null ? (
          <Select
            aria-label={`${t('people.role')}: ${user.email}`}
            w={140}
            data={STAFF_ROLES.map((role) => ({ value: role, label: named('role', role) }))}
            allowDeselect={false}
            value={user.role}
            onChange={(role) => role !== null && change.mutate({ id: user.id, role })}
          />
        ) : (
          <>
            {named('role', user.role)}
            {user.partner !== null && <span className="cell-sub">{partnerText(user.partner)}</span>}
          </>
        ),
    },
    {
      key: 'factor',
      head: t('people.factor'),
      cell: ({ second_factor }) => (second_factor ? t('people.yes') : <span className="faint">{t('people.no')}</span>),
    },
    {
      key: 'last',
      head: t('people.last'),
      cell: ({ last_login_at }) => <span className="faint">{last_login_at === null ? '–' : ago(last_login_at)}</span>,
    },
    {
      key: 'enabled',
      head: t('people.enabled'),
      cell: (user) =>
        may('user.edit') && isOther(user) ? (
          <Switch
            aria-label={`${t('people.enabled')}: ${user.email}`}
            checked={user.enabled}
            onChange={(event) => change.mutate({ id: user.id, enabled: event.currentTarget.checked })}
          />
        ) : (
          t(user.enabled ? 'people.yes' : 'people.no')
        ),
    },
    ...(may('user.edit')
      ? [
          {
            key: 'acts',
            head: t('deliveries.decide'),
            quiet: true,
            end: true,
            cell: (user: User) =>
              isOther(user) && (
                <Menu position="bottom-end">
                  <Menu.Target>
                    <Button variant="subtle" color="gray" px={6} aria-label={t('action.more_of', { name: user.email })}>
                      <IconDots size={16} aria-hidden />
                    </Button>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item onClick={() => relink.mutate(user.id)}>
                      {t(user.joined ? 'people.reset' : 'people.invite_again')}
                    </Menu.Item>
                    <Menu.Item onClick={() => end.mutate(user.id)}>{t('people.end')}</Menu.Item>
                    <Menu.Item color="red" onClick={() => setRemoving(user)}>
                      {t('people.remove')}
                    </Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              ),
          },
        ]
      : []),
  ]
  const wanted = search.trim().toLowerCase()
  const found = (all: readonly User[]) => all.filter(({ email }) => email.toLowerCase().includes(wanted))
  return (
    <div className="stack">
      <Refused error={change.error ?? relink.error ?? end.error} />
      {isInviting && (
        <Invite
          onInvited={(invitation) => {
            setInviting(false)
            setLink(invitation)
            void onSettled()
          }}
          onClose={() => setInviting(false)}
        />
      )}
      {link !== null && (
        <Once
          title={t('people.invite')}
          text={t(link.mailed ? 'people.mailed' : 'people.link')}
          value={link.url}
          onClose={() => setLink(null)}
        />
      )}
      {removing !== null && (
        <Dialog
          title={t('people.remove_one', { email: removing.email })}
          text={t('people.remove_text')}
          submit={t('people.remove')}
          danger
          busy={remove.isPending}
          error={remove.error}
          onSubmit={() => remove.mutate(removing.id)}
          onClose={() => setRemoving(null)}
        />
      )}
      <Loaded query={users}>
        {(all) => (
          <Table
            label={t('settings.people')}
            title={t('settings.people')}
            actions={
              <span className="row">
                {all.length > 8 && (
                  <TextInput
                    aria-label={t('people.search')}
                    placeholder={t('people.search')}
                    value={search}
                    onChange={(event) => setSearch(event.currentTarget.value)}
                  />
                )}
                {may('user.edit') && <Button onClick={() => setInviting(true)}>{t('people.invite')}</Button>}
              </span>
            }
            rows={found(all).slice(0, shown)}
            more={{ on: found(all).length > shown, busy: false, load: () => setShown(shown + PAGE) }}
            columns={columns}
            rowKey={({ id }) => id}
            none={t('people.none_found')}
          />
        )}
      </Loaded>
    </div>
  )
}
