//! The screen.

use std::collections::BTreeSet;

use cosmwasm_std::Uint128;

use super::{Consumer, End, Service, Status};

/// Its lines.
pub(super) fn lines(status: &Status) -> Vec<String> {
    let left = status.epoch_end.saturating_sub(status.now);
    let mut lines = vec![format!(
        "{}   epoch {}, the next in {}",
        status.chain_id,
        status.epoch,
        duration(left)
    )];
    for name in ["vault", "delegation", "allocation", "slashing"] {
        let address = status.contracts.get(name).map_or("-", String::as_str);
        lines.push(format!("  {name:<11} {address}"));
    }
    lines.push(String::new());
    lines.extend(assets(status));
    lines.extend(unowed(status));
    lines.push(String::new());
    lines.extend(operators(status));
    for service in &status.services {
        lines.push(String::new());
        lines.extend(self::service(status, service));
    }
    lines.push(String::new());
    if status.todo.is_empty() {
        lines.push("nothing has to be sent now".to_string());
    } else {
        lines.push("to be sent now".to_string());
        lines.extend(status.todo.iter().map(|line| format!("  {line}")));
    }
    lines
}

fn assets(status: &Status) -> Vec<String> {
    let mut rows = vec![row(&["asset", "held", "cap", "seized", "rate", "as of"])];
    for asset in &status.assets {
        let age = match (asset.fixed, asset.fresh) {
            (true, _) => "fixed".to_string(),
            (false, fresh) => {
                let age = duration(status.now.saturating_sub(asset.rate_updated_at));
                format!("{age} ago{}", if fresh { "" } else { ", STALE" })
            }
        };
        let name = if asset.staked_natively {
            format!("{} (native)", asset.id)
        } else {
            asset.id.clone()
        };
        let closed = if asset.deposits {
            ""
        } else {
            ", deposits closed"
        };
        rows.push(row(&[
            &name,
            &grouped(asset.held),
            &grouped(asset.cap),
            &grouped(asset.seized),
            &asset.rate.to_string(),
            &format!("{age}{closed}"),
        ]));
    }
    table(&rows)
}

fn unowed(status: &Status) -> Vec<String> {
    let found = status.assets.iter().filter_map(|asset| {
        let line = asset.recover.as_ref()?;
        Some([
            format!(
                "{} {} came without a word whose they are; the vault's owner can send them back:",
                grouped(asset.unowed),
                asset.id
            ),
            format!("  {line}"),
        ])
    });
    found.flatten().collect()
}

fn operators(status: &Status) -> Vec<String> {
    let mut rows = vec![row(&[
        "operator",
        "asset",
        "stake",
        "own",
        "unbonding",
        "promised",
        "cap",
    ])];
    for operator in &status.operators {
        let name = format!("{} {}", operator.name, short(&operator.address));
        if operator.pools.is_empty() {
            rows.push(row(&[
                &name,
                "-",
                "",
                "",
                "",
                "",
                &operator.cap.to_string(),
            ]));
        }
        for (index, pool) in operator.pools.iter().enumerate() {
            rows.push(row(&[
                if index == 0 { &name } else { "" },
                &pool.asset,
                &grouped(pool.stake),
                &grouped(pool.own),
                &grouped(pool.unbonding),
                &pool.committed.to_string(),
                &operator.cap.to_string(),
            ]));
        }
    }
    let mut lines = table(&rows);
    if status.more_operators {
        lines.push("  and more".to_string());
    }
    lines
}

fn service(status: &Status, service: &Service) -> Vec<String> {
    let mut title = format!("service {}   {}", service.number, service.name);
    if service.stopped {
        title.push_str(", STOPPED");
    }
    if let Some(until) = service.suspended_until.filter(|until| *until > status.now) {
        let left = duration(until.saturating_sub(status.now));
        title.push_str(&format!(", SUSPENDED for {left}"));
    }
    let synced = service.last_update_at.map_or("never".to_string(), |at| {
        format!("{} ago", duration(status.now.saturating_sub(at)))
    });
    let mut lines = vec![
        title,
        format!("  last update {}, {synced}", service.last_update),
    ];
    if let Some(consumer) = &service.consumer {
        lines.extend(way(consumer));
    } else if let Some(channel) = &service.channel {
        lines.push(format!("  channel {channel}"));
    }
    lines.extend(powers(service));
    let left = |(capacity, used): (Uint128, Uint128)| {
        let left = capacity.saturating_sub(used);
        format!("{} of {}", grouped(left), grouped(capacity))
    };
    let throttle = &service.throttle;
    lines.push(format!(
        "  throttle left: own {}, reserved {}, shared {}",
        left(throttle.limit),
        left(throttle.reserved),
        left(throttle.shared)
    ));
    for request in &service.pending {
        let when = match request.executable_at.checked_sub(status.now) {
            Some(left) if left > 0 => format!("can be vetoed for {}", duration(left)),
            _ => "can be executed".to_string(),
        };
        let fraction = request.fraction.map(|part| part.to_string());
        lines.push(format!(
            "  pending slash {}: {} of {} for {}, {when}",
            request.request,
            fraction.unwrap_or_default(),
            short(&request.operator),
            request.kind
        ));
    }
    lines
}

fn way(consumer: &Consumer) -> Vec<String> {
    let end = |name: &str, end: &Option<End>| match end {
        Some(end) => format!(
            "  {name}: {} {}, client {} {}",
            end.channel, end.state, end.client, end.client_status
        ),
        None => format!("  {name}: no channel"),
    };
    let mut lines = vec![end("host", &consumer.host_end)];
    match &consumer.unreachable {
        Some(why) => {
            let why = why.replace('\n', " ");
            lines.push(format!("  {}: NOT REACHED: {why}", consumer.chain_id));
        }
        None => {
            lines.push(end(&consumer.chain_id, &consumer.consumer_end));
            lines.push(format!(
                "  {}: update {}, {} open reports, of them {} to be sent",
                consumer.chain_id,
                consumer.last_update,
                consumer.open_reports,
                consumer.due_reports
            ));
        }
    }
    lines
}

/// Both sides, an operator a line.
fn powers(service: &Service) -> Vec<String> {
    let consumer = service.consumer.as_ref();
    let known = consumer.filter(|consumer| consumer.unreachable.is_none());
    let mut operators: BTreeSet<&String> = service.powers.keys().collect();
    operators.extend(
        known
            .into_iter()
            .flat_map(|consumer| consumer.powers.keys()),
    );
    let mut rows = vec![row(&["  power of", "host", "consumer"])];
    for operator in operators {
        let here = service.powers.get(operator).copied().unwrap_or_default();
        let there = match (consumer, known) {
            (None, _) => String::new(),
            (_, None) => "?".to_string(),
            (_, Some(consumer)) => {
                grouped(consumer.powers.get(operator).copied().unwrap_or_default())
            }
        };
        rows.push(row(&[
            &format!("  {}", short(operator)),
            &grouped(here),
            &there,
        ]));
    }
    table(&rows)
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(ToString::to_string).collect()
}

/// Columns of one width; numbers to the right.
fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        })
        .collect();
    let number = |cell: &str| cell.starts_with(|c: char| c.is_ascii_digit());
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            if number(cell) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        let cells: Vec<String> = cells.collect();
        cells.join("  ").trim_end().to_string()
    };
    rows.iter().map(line).collect()
}

fn short(address: &str) -> String {
    let length = address.chars().count();
    if length <= 20 {
        return address.to_string();
    }
    let head: String = address.chars().take(10).collect();
    let tail: String = address.chars().skip(length.saturating_sub(6)).collect();
    format!("{head}..{tail}")
}

/// A number in groups of three.
pub(super) fn grouped(number: Uint128) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Seconds, for people.
pub(super) fn duration(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let text = |number: u128| grouped(Uint128::new(number));
        assert_eq!(text(0), "0");
        assert_eq!(text(999), "999");
        assert_eq!(text(1_000), "1,000");
        assert_eq!(text(1_000_000_000_000_000), "1,000,000,000,000,000");
    }

    #[test]
    fn durations_are_rounded_down() {
        assert_eq!(duration(119), "119 s");
        assert_eq!(duration(7_199), "119 min");
        assert_eq!(duration(172_799), "47 h");
        assert_eq!(duration(1_814_400), "21 days");
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let rows = [
            row(&["name", "held"]),
            row(&["a", "5"]),
            row(&["bcdef", "1,234"]),
        ];
        assert_eq!(
            table(&rows),
            ["name   held", "a          5", "bcdef  1,234"]
        );
    }
}
