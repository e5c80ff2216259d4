//! The table of roles says what was meant.

use super::{Permission, Role};

fn changes(permission: Permission) -> bool {
    !permission.as_str().ends_with(".read")
}

#[test]
fn an_admin_may_do_everything() {
    assert!(Permission::ALL.iter().all(|it| Role::Admin.allows(*it)));
}

#[test]
fn an_auditor_sees_everything_but_changes_nothing() {
    for permission in Permission::ALL {
        assert_eq!(
            Role::Auditor.allows(*permission),
            !changes(*permission),
            "{permission:?}"
        );
    }
}

#[test]
fn a_technician_sees_no_money() {
    for permission in [
        Permission::ReadInvoices,
        Permission::ReadPayments,
        Permission::ReadAccounts,
        Permission::RecordPayments,
        Permission::RevealCodes,
        Permission::Subscribe,
    ] {
        assert!(!Role::Technician.allows(permission), "{permission:?}");
    }
}

#[test]
fn a_technician_looks_at_imports_but_defines_no_plans_nor_vouchers_by_them() {
    assert!(Role::Technician.allows(Permission::PreviewImports));
    assert!(!Role::Technician.allows(Permission::ImportRouters));
}

#[test]
fn a_cashier_takes_money_but_makes_neither_plans_nor_vouchers_nor_operators() {
    assert!(Role::Cashier.allows(Permission::RecordPayments));
    assert!(Role::Cashier.allows(Permission::SellVouchers));
    for permission in [
        Permission::WritePlans,
        Permission::OrderVouchers,
        Permission::VoidVouchers,
        Permission::WriteOperators,
        Permission::ReconcileRouters,
        Permission::RefundPayments,
        Permission::ReversePayments,
        Permission::ReadEvents,
    ] {
        assert!(!Role::Cashier.allows(permission), "{permission:?}");
    }
}

#[test]
fn words_of_permissions_differ() {
    for (place, permission) in Permission::ALL.iter().enumerate() {
        let later = &Permission::ALL[place + 1..];
        assert!(
            later.iter().all(|it| it.as_str() != permission.as_str()),
            "{permission:?}"
        );
    }
}

#[test]
fn roles_are_found_by_their_word() {
    for role in Role::ALL {
        assert_eq!(Role::from_word(role.as_str()), Some(role));
    }
    assert_eq!(Role::from_word("root"), None);
}
