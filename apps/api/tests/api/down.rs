//! Databases that are away, silent or buggy.

use async_trait::async_trait;
use customers::{Addressee, CustomerFilter, CustomerQueries, CustomerView, IssuedDocument};
use kernel::{CustomerId, Page, PageRequest, StoreError, TenantId};

/// Answers everything with "unavailable".
#[derive(Debug, Clone, Copy)]
pub struct Down;

fn away<T>() -> Result<T, StoreError> {
    Err(StoreError::unavailable("connection refused"))
}

#[async_trait]
impl CustomerQueries for Down {
    async fn customer(
        &self,
        _tenant: TenantId,
        _id: CustomerId,
    ) -> Result<Option<CustomerView>, StoreError> {
        away()
    }

    async fn addressee_of(
        &self,
        _tenant: TenantId,
        _document: IssuedDocument,
    ) -> Result<Option<Addressee>, StoreError> {
        away()
    }

    async fn customers(
        &self,
        _tenant: TenantId,
        _filter: CustomerFilter,
        _page: PageRequest,
    ) -> Result<Page<CustomerView>, StoreError> {
        away()
    }
}

/// Never answers.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

#[async_trait]
impl CustomerQueries for Silent {
    async fn customer(
        &self,
        _tenant: TenantId,
        _id: CustomerId,
    ) -> Result<Option<CustomerView>, StoreError> {
        std::future::pending().await
    }

    async fn addressee_of(
        &self,
        _tenant: TenantId,
        _document: IssuedDocument,
    ) -> Result<Option<Addressee>, StoreError> {
        std::future::pending().await
    }

    async fn customers(
        &self,
        _tenant: TenantId,
        _filter: CustomerFilter,
        _page: PageRequest,
    ) -> Result<Page<CustomerView>, StoreError> {
        std::future::pending().await
    }
}

/// Panics.
#[derive(Debug, Clone, Copy)]
pub struct Buggy;

#[async_trait]
impl CustomerQueries for Buggy {
    async fn customer(
        &self,
        _tenant: TenantId,
        _id: CustomerId,
    ) -> Result<Option<CustomerView>, StoreError> {
        panic!("a bug")
    }

    async fn addressee_of(
        &self,
        _tenant: TenantId,
        _document: IssuedDocument,
    ) -> Result<Option<Addressee>, StoreError> {
        panic!("a bug")
    }

    async fn customers(
        &self,
        _tenant: TenantId,
        _filter: CustomerFilter,
        _page: PageRequest,
    ) -> Result<Page<CustomerView>, StoreError> {
        Err(StoreError::corrupt("row 7 makes no sense"))
    }
}
