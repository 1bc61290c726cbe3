import 'uplot/dist/uPlot.min.css'
import './style.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { keepToken, takeToken } from './token.ts'

const start = takeToken({ location, history, storage: sessionStorage })

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App start={start} keep={(token) => keepToken(sessionStorage, token)} />
  </StrictMode>,
)
