const KEY = 'hub-dashboard-token'

interface Where {
  location: Pick<Location, 'hash' | 'pathname' | 'search'>
  history: Pick<History, 'replaceState'>
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
}

/**
 * Takes the token out of `#token=…` and the address bar, and keeps it for this tab, so that a reload
 * stays logged in. Without one in the URL it returns the one that is kept, or ''.
 */
export function takeToken({ location, history, storage }: Where): string {
  const fragment = new URLSearchParams(location.hash.slice(1))
  const token = cleanToken(fragment.get('token') ?? '')
  if (fragment.has('token')) history.replaceState(null, '', location.pathname + location.search)
  if (token) {
    keepToken(storage, token)
    return token
  }
  try {
    return storage.getItem(KEY) ?? ''
  } catch {
    return '' // storage is switched off
  }
}

/** Keeps the token for this tab; '' forgets it. */
export function keepToken(storage: Pick<Storage, 'setItem' | 'removeItem'>, token: string): void {
  try {
    if (token) storage.setItem(KEY, token)
    else storage.removeItem(KEY)
  } catch {
    // Storage is switched off: the token lasts as long as the page.
  }
}

/** Drops what people paste along with a token. */
export function cleanToken(text: string): string {
  return text.replace(/^\s*(Authorization:)?\s*(Bearer\s)?/i, '').replace(/\s+/g, '')
}

/** Whether the hub will take messages from whoever holds the token, as far as its claims tell. The hub decides. */
export function maySend(token: string): boolean {
  try {
    const payload = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')
    const { scope } = JSON.parse(atob(payload)) as { scope?: unknown }
    const scopes = Array.isArray(scope) ? scope : String(scope ?? '').split(' ')
    return scopes.includes('admin') || scopes.includes('publish')
  } catch {
    return false
  }
}
