import { Button, Menu, Modal, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconBuilding, IconCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import { switchTenant } from '../api/sign-in.ts'
import { t } from '../text.ts'

interface Going {
  readonly slug: string
  readonly name: string
}

/** Asks for the code that the other tenant wants. */
const CodeForm = ({ to, onClose, onGone }: { to: Going; onClose: () => void; onGone: () => void }) => {
  const [code, setCode] = useState('')
  const [error, setError] = useState<string | null>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    try {
      await switchTenant(to.slug, code)
      onGone()
    } catch (failure) {
      setError((failure as Error).message)
    }
  }
  return (
    <Modal opened onClose={onClose} title={t('tenants.go', { name: to.name })}>
      <form className="stack" onSubmit={submit}>
        <TextInput
          data-autofocus
          label={t('sign_in.code')}
          description={t('sign_in.code_hint')}
          autoComplete="one-time-code"
          required
          value={code}
          error={error}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button type="submit">{t('tenants.switch')}</Button>
        </div>
      </form>
    </Modal>
  )
}

/** The tenants somebody may work in; one of them at a time. */
export const useTenants = (isOpen: boolean) => {
  const go = useNavigate()
  const [going, setGoing] = useState<Going | null>(null)
  const { data } = useQuery({
    queryKey: ['tenants'],
    queryFn: () => ask('/api/v1/auth/tenants'),
    enabled: isOpen,
    staleTime: 60_000,
  })
  const tenants = data?.items ?? []
  const gone = (): void => {
    setGoing(null)
    void go({ to: '/' })
  }
  const choose = async (tenant: (typeof tenants)[number]): Promise<void> => {
    if (tenant.second_factor) return setGoing(tenant)
    try {
      await switchTenant(tenant.slug)
      gone()
    } catch (error) {
      notifications.show({ color: 'red', title: t('tenants.failed'), message: (error as Error).message })
    }
  }
  const items = tenants.length > 1 && (
    <>
      <Menu.Label>{t('tenants.title')}</Menu.Label>
      {tenants.map((tenant) => (
        <Menu.Item
          key={tenant.id}
          leftSection={tenant.current ? <IconCheck size={16} /> : <IconBuilding size={16} />}
          disabled={tenant.current}
          onClick={() => void choose(tenant)}
        >
          {tenant.name}
        </Menu.Item>
      ))}
      <Menu.Divider />
    </>
  )
  const form = going !== null && <CodeForm to={going} onClose={() => setGoing(null)} onGone={gone} />
  return { items, form }
}
