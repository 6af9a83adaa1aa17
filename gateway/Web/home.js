"use strict";

const message = document.getElementById("message");

async function call(path, options) {
  const answer = await fetch(path, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail || answer.statusText);
  return body;
}

async function showQuote() {
  const quote = await call("/quotes/today");
  document.getElementById("quote").textContent =
    `${quote.text} ${quote.author ? "— " + quote.author : ""}`;
}

function row(name, value) {
  const line = document.createElement("tr");
  for (const text of [name, value]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    line.append(cell);
  }
  return line;
}

async function showMetrics(token, user) {
  const headers = { Authorization: `Bearer ${token}` };
  const metrics = await call("/focus-metrics", { headers });
  const streak = await call("/streaks", { headers });
  const table = document.createElement("table");
  const hours = (seconds) => `${(seconds / 3600).toFixed(1)} h`;
  for (const [name, part] of [["Today", metrics.daily], ["This week", metrics.weekly]]) {
    if (!part) continue;
    table.append(row(name, `${hours(part.total_seconds)} in ${part.sessions} sessions`));
  }
  table.append(row("Streak", `${streak.current} days, the longest ${streak.longest}`));
  const box = document.getElementById("metrics");
  box.replaceChildren(table);
  box.hidden = false;
  message.textContent = `Signed in as ${user.username}.`;
}

document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  message.textContent = "";
  try {
    const tokens = await call("/api/v1/auth/login", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email: form.get("email"), password: form.get("password") }),
    });
    await showMetrics(tokens.access_token, tokens.user);
  } catch (error) {
    message.textContent = error.message;
  }
});

showQuote().catch(() => {});
