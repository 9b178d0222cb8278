use std::str::FromStr;

use cosmwasm_std::Storage;
use semver::Version;

use crate::AdminError;

/// Records `name` and `version` with cw2 after checking that the stored contract bears the same
/// name and an older version.
///
/// # Errors
/// [`AdminError::WrongContract`], [`AdminError::NotNewer`], [`AdminError::BadVersion`], or the
/// error of reading cw2's item.
pub fn migrate_forward(
    storage: &mut dyn Storage,
    name: &str,
    version: &str,
) -> Result<(), AdminError> {
    let stored = cw2::get_contract_version(storage)?;
    if stored.contract != name {
        return Err(AdminError::WrongContract {
            expected: name.to_string(),
            found: stored.contract,
        });
    }
    if parse(&stored.version)? >= parse(version)? {
        return Err(AdminError::NotNewer {
            stored: stored.version,
            new: version.to_string(),
        });
    }
    cw2::set_contract_version(storage, name, version)?;
    Ok(())
}

fn parse(version: &str) -> Result<Version, AdminError> {
    Version::from_str(version).map_err(|_| AdminError::BadVersion {
        version: version.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::testing::MockStorage;

    #[test]
    fn only_a_newer_version_of_the_same_contract_is_accepted() {
        let mut storage = MockStorage::new();
        cw2::set_contract_version(&mut storage, "palisade:vault", "1.9.0").unwrap();
        for version in ["1.9.0", "1.8.9", "0.99.0"] {
            assert_eq!(
                migrate_forward(&mut storage, "palisade:vault", version),
                Err(AdminError::NotNewer {
                    stored: "1.9.0".into(),
                    new: version.into()
                })
            );
        }
        assert_eq!(
            migrate_forward(&mut storage, "palisade:gateway", "2.0.0"),
            Err(AdminError::WrongContract {
                expected: "palisade:gateway".into(),
                found: "palisade:vault".into()
            })
        );
        assert_eq!(
            migrate_forward(&mut storage, "palisade:vault", "next"),
            Err(AdminError::BadVersion {
                version: "next".into()
            })
        );
        migrate_forward(&mut storage, "palisade:vault", "1.10.0").unwrap();
        assert_eq!(
            cw2::get_contract_version(&storage).unwrap().version,
            "1.10.0"
        );
    }
}
