//! Carries out an authorised plan.
