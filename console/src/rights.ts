import { useSession } from './api/session.ts'

/**
 * What one may not do isn't shown. The server says what its roles may, and decides about each request: this only keeps
 * dead ends off the screen.
 */
export const useMay = (): ((permission: string) => boolean) => {
  const session = useSession()
  return (permission) => session?.permissions.includes(permission) ?? false
}
