import { ActionIcon, Menu, Tooltip, useMantineColorScheme } from '@mantine/core'
import { IconDeviceDesktop, IconLogout, IconMoon, IconSun, IconUserCircle } from '@tabler/icons-react'
import { useState } from 'react'
import { useSession } from '../api/session.ts'
import { signOut } from '../api/sign-in.ts'
import { named, t } from '../text.ts'
import { useTenants } from './tenants.tsx'

const SchemeMenu = () => {
  const { setColorScheme } = useMantineColorScheme()
  return (
    <>
      <Menu.Label>{t('scheme.title')}</Menu.Label>
      <Menu.Item leftSection={<IconSun size={16} />} onClick={() => setColorScheme('light')}>
        {t('scheme.light')}
      </Menu.Item>
      <Menu.Item leftSection={<IconMoon size={16} />} onClick={() => setColorScheme('dark')}>
        {t('scheme.dark')}
      </Menu.Item>
      <Menu.Item leftSection={<IconDeviceDesktop size={16} />} onClick={() => setColorScheme('auto')}>
        {t('scheme.auto')}
      </Menu.Item>
    </>
  )
}

export const UserMenu = () => {
  const session = useSession()
  const [isOpen, setOpen] = useState(false)
  const tenants = useTenants(isOpen)
  return (
    <>
      <Menu
        withinPortal={false}
        withInitialFocusPlaceholder={false}
        opened={isOpen}
        onChange={setOpen}
        position="bottom-end"
        width={220}
        shadow="md"
      >
        <Menu.Target>
          <Tooltip label={t('user.menu')} disabled={isOpen}>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('user.menu')}>
              <IconUserCircle size={20} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          <div className="who">
            <strong className="clip">{session?.email}</strong>
            <span className="faint clip">
              {session?.tenant.name} · {named('role', session?.role)}
            </span>
          </div>
          <Menu.Divider />
          {tenants.items}
          <SchemeMenu />
          <Menu.Divider />
          <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
            {t('user.sign_out')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {tenants.form}
    </>
  )
}
