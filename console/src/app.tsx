import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { queries } from './api/queries.ts'
import { useSession } from './api/session.ts'
import { router } from './router.tsx'
import { schemes } from './scheme.ts'
import { PasswordScreen, passwordPageHere } from './shell/password-link.tsx'
import { SignIn } from './shell/sign-in.tsx'
import { theme } from './theme.ts'

/**
 * The whole screen. Where the session ends while somebody works, the sign-in covers what is open and leaves it as it
 * was: nothing typed is lost.
 */
const Screens = () => {
  const session = useSession()
  const [opened, setOpened] = useState(session !== null)
  const owner = useRef(session?.userId)
  useEffect(() => {
    if (session === null) return
    if (owner.current !== undefined && owner.current !== session.userId) queries.clear()
    owner.current = session.userId
    setOpened(true)
    void queries.invalidateQueries()
  }, [session])
  return (
    <>
      {opened && (
        <div inert={session === null} style={{ height: '100%' }}>
          <RouterProvider router={router} />
        </div>
      )}
      {session === null && <SignIn again={opened} />}
    </>
  )
}

const passwordPage = passwordPageHere()

export const App = () => (
  <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={schemes}>
    <QueryClientProvider client={queries}>
      <Notifications position="bottom-right" />
      {passwordPage === null ? <Screens /> : <PasswordScreen page={passwordPage} />}
    </QueryClientProvider>
  </MantineProvider>
)
