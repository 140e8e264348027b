import { Select, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ROLES } from '../../../src/api/contract/words.ts'
import { ask } from '../api/client.ts'
import { Dialog } from '../components/dialog.tsx'
import { named, t } from '../text.ts'

export interface Invitation {
  readonly url: string
  readonly mailed: boolean
}

/** A colleague, or a partner who sees what is theirs alone. */
export const Invite = (props: { readonly onInvited: (link: Invitation) => void; readonly onClose: () => void }) => {
  const { onInvited, onClose } = props
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<string>('operator')
  const [place, setPlace] = useState<string | null>(null)
  const isSource = role === 'source_partner'
  const isBuyer = role === 'buyer_partner'
  const sources = useQuery({
    queryKey: ['sources'],
    queryFn: () => ask('/api/v1/sources'),
    enabled: isSource,
  })
  const destinations = useQuery({
    queryKey: ['destinations', '24h'],
    queryFn: () => ask('/api/v1/destinations', { query: { range: '24h' } }),
    enabled: isBuyer,
  })
  const invite = useMutation({
    mutationFn: () => {
      const [flow, source] = place?.split('/') ?? []
      const partner = isSource ? { flow, source } : isBuyer ? { destination: place } : undefined
      return ask('/api/v1/users', {
        method: 'POST',
        body: { email, role, ...(partner === undefined ? {} : { partner }) },
      })
    },
    onSuccess: ({ invitation }) => onInvited(invitation),
  })
  return (
    <Dialog
      title={t('people.invite')}
      submit={t('people.invite')}
      busy={invite.isPending}
      error={invite.error}
      disabled={(isSource || isBuyer) && place === null}
      onSubmit={() => invite.mutate()}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        type="email"
        label={t('sign_in.email')}
        required
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <Select
        label={t('people.role')}
        description={named('role_text', role)}
        data={ROLES.map((each) => ({ value: each, label: named('role', each) }))}
        allowDeselect={false}
        value={role}
        onChange={(chosen) => {
          setRole(chosen ?? role)
          setPlace(null)
        }}
      />
      {isSource && (
        <Select
          label={t('column.source')}
          data={(sources.data?.items ?? []).map(({ flow, id }) => `${flow}/${id}`)}
          value={place}
          onChange={setPlace}
        />
      )}
      {isBuyer && (
        <Select
          label={t('deliveries.destination')}
          data={[...new Set((destinations.data?.items ?? []).map(({ id }) => id))]}
          value={place}
          onChange={setPlace}
        />
      )}
    </Dialog>
  )
}
