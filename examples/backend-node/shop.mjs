// The shop itself: who ordered what, and who is told. In earnest this is a database.
import { randomUUID } from 'node:crypto'
import { send } from './hub.mjs'

const prices = { Assam: 4.5, Darjeeling: 6.2, 'Earl Grey': 5.1, Sencha: 7.8 }
const notifications = new Map() // by user, the newest first

export const notificationsOf = (user) => notifications.get(user) ?? []

/** Takes an order, or returns null if there is no such tea. */
export function order(user, item) {
  const price = prices[item]
  if (!price) return null
  const placed = { id: randomUUID(), user, item, price }
  send('topic/dashboard', 'order', placed).catch(console.error)
  notify(user, `${item} is paid`)
  setTimeout(() => notify(user, `${item} is on its way`), 3000)
  return placed
}

/** Keeps a notification, and shows it at once to who is there. */
function notify(user, title) {
  const notification = { id: randomUUID(), title, time: Date.now() }
  notifications.set(user, [notification, ...notificationsOf(user)].slice(0, 50))
  send(`user/${user}`, 'notification', notification).catch(console.error)
}
