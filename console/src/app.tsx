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
 * was: nothing typed is lost. For somebody else, or in another tenant, it begins anew: nothing of the one before is
 * left on it.
 */
const Screens = () => {
  const session = useSession()
  const [owner, setOwner] = useState(session?.userId ?? null)
  const known = useRef(session)
  useEffect(() => {
    if (session === null || session === known.current) return
    known.current = session
    if (session.userId === owner) void queries.invalidateQueries()
    else {
      queries.clear()
      setOwner(session.userId)
    }
  }, [session, owner])
  return (
    <>
      {owner !== null && (
        <div key={owner} inert={session === null} style={{ height: '100%' }}>
          <RouterProvider router={router} />
        </div>
      )}
      {session === null && <SignIn again={owner !== null} />}
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
