import { createRoot } from 'react-dom/client'
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './styles/base.css'
import './styles/tones.css'
import './styles/tables.css'
import './styles/shell.css'
import './styles/narrow.css'
import { openSession } from './api/sign-in.ts'
import { App } from './app.tsx'

const root = document.getElementById('root')
await openSession()
if (root !== null) createRoot(root).render(<App />)
