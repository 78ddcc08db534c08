"""Our events as other systems of analytics read them. Imported only where event-routing-backends is an installed app."""
